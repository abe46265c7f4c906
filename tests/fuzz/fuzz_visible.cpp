// SPDX-License-Identifier: Apache-2.0
// Any bytes made visible: no control character is left, and doing it again changes nothing.
#include "core/logs/keep_log.h"

#include <cstdlib>

using namespace kastellan;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string visible = makeVisible(asText(ByteView(data, size)));
    for (const char c : visible)
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
            std::abort();
    if (makeVisible(visible) != visible)
        std::abort();
    return 0;
}
