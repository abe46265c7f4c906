// SPDX-License-Identifier: Apache-2.0
// Any bytes as the structures of the platform commands and as key messages.
#include "sev-backend/abi/derived_key.h"
#include "sev-backend/abi/platform_status.h"

#include <algorithm>
#include <cstdlib>

using namespace kastellan;
using namespace kastellan::sev;

namespace {

/// What has no bytes that are passed over comes back as it came.
template <typename T>
void exact(ByteView bytes)
{
    if (const auto value = T::decode(bytes))
        if (!std::ranges::equal(value->encode(), bytes))
            std::abort();
}
/// What passes bytes over is the same after them.
template <typename T>
void stable(ByteView bytes)
{
    if (const auto value = T::decode(bytes))
        if (T::decode(value->encode())->encode() != value->encode())
            std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const ByteView bytes(data, size);
    exact<SnpConfig>(bytes);
    exact<VlekHashstick>(bytes);
    stable<SevPlatformStatus>(bytes);
    stable<SnpPlatformStatus>(bytes);
    stable<KeyResponse>(bytes);
    if (const auto request = KeyRequest::decode(bytes); request && request->encode().size() == bytes.size())
        if (!std::ranges::equal(request->encode(), bytes))
            std::abort();
    return 0;
}
