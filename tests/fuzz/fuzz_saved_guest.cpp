// SPDX-License-Identifier: Apache-2.0
// Any bytes as a guest's context, sealed and plain.
#include "sev-backend/emulator/guest_context.h"

#include <algorithm>
#include <cstdlib>

using namespace kastellan;
using namespace kastellan::sev;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const ByteView bytes(data, size);
    if (unseal(bytes, Sha256()))
        std::abort(); // no input is sealed under this key
    if (const auto guest = GuestContext::decode(bytes))
        static_cast<void>(GuestContext::decode(guest->encode()));
    return 0;
}
