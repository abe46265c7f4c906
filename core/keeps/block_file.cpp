// SPDX-License-Identifier: Apache-2.0
#include "core/keeps/block_file.h"

#include "core/base/bytes.h"
#include "core/base/file.h"

namespace kastellan {

Result<std::string> readBlockFile(const std::filesystem::path &file, std::size_t size, const std::string &what)
{
    constexpr std::uint64_t limit = 64 << 10;
    auto content = readFile(file, limit);
    if (!content)
        return std::unexpected(content.error().during("read " + what));
    if (content->size() == size)
        return toBase64(*content);
    for (const auto &read : {fromBase64(asText(*content)), fromHex(asText(*content))})
        if (read && read->size() == size)
            return toBase64(*read);
    return badInput("read " + what, file.string(), "it holds no " + std::to_string(size) + " bytes, neither raw nor in base64 or hex");
}

} // namespace kastellan
