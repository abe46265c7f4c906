// SPDX-License-Identifier: Apache-2.0
// Any bytes as the value of the hardware id extension, or of a TCB level.
#include "sev-backend/certificates/vek_extensions.h"

#include <cstdlib>

using namespace kastellan;
using namespace kastellan::sev;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const ByteView value(data, size);
    if (const auto id = readHardwareId(value))
        if (id->size() != 8 && id->size() != 64)
            std::abort();
    if (const auto level = readLevel(value))
        if (*level != value.back())
            std::abort();
    return 0;
}
