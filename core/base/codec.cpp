// SPDX-License-Identifier: Apache-2.0
#include "core/base/codec.h"

namespace kastellan {

ByteView Reader::sized(std::size_t limit)
{
    const auto size = number<std::uint32_t>();
    if (size > limit) {
        m_failed = true;
        return {};
    }
    return raw(size);
}

Status Reader::finish(std::string_view what) const
{
    if (m_failed)
        return badInput(
            "read " + std::string(what), "offset " + std::to_string(m_offset), "it ends too early, or a length in it is too large");
    if (m_offset != m_view.size())
        return badInput("read " + std::string(what), "offset " + std::to_string(m_offset),
            std::to_string(m_view.size() - m_offset) + " bytes follow its end");
    return {};
}

} // namespace kastellan
