// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/abi/derived_key.h"

#include <algorithm>

namespace kastellan::sev {

Bytes KeyRequest::encode() const
{
    Bytes bytes(mixes(LaunchMitigations) ? sizeWithMitigations : size);
    storeLe<std::uint32_t>(bytes, 0, static_cast<std::uint32_t>(fromVmrk ? 1 : 0) | static_cast<std::uint32_t>(key) << 1);
    storeLe<std::uint64_t>(bytes, 8, fields);
    storeLe<std::uint32_t>(bytes, 16, vmpl);
    storeLe<std::uint32_t>(bytes, 20, guestSvn);
    std::ranges::copy(tcb.bytes, bytes.begin() + 24);
    if (bytes.size() > size)
        storeLe<std::uint64_t>(bytes, 32, launchMitigations);
    return bytes;
}

Result<KeyRequest> KeyRequest::decode(ByteView bytes)
{
    constexpr const char *what = "read a key request";
    if (bytes.size() != size && bytes.size() != sizeWithMitigations)
        return badInput(what, {}, "it has " + std::to_string(bytes.size()) + " bytes, and a request has 32 or 40");
    const auto root = loadLe<std::uint32_t>(bytes, 0);
    if (root > 7 || (root >> 1) > 2)
        return badInput(what, "offset 0", "the root key selection " + std::to_string(root) + " does not exist");
    if (loadLe<std::uint32_t>(bytes, 4) != 0)
        return badInput(what, "offset 4", "a reserved byte is set");
    KeyRequest request;
    request.fromVmrk = root & 1;
    request.key = static_cast<KeySelect>(root >> 1);
    request.fields = loadLe<std::uint64_t>(bytes, 8);
    // The mitigation vector came with the longer request.
    if (request.fields >> (bytes.size() == size ? 6 : 7))
        return badInput(what, "offset 8", "a guest field is selected that this request does not have");
    request.vmpl = loadLe<std::uint32_t>(bytes, 16);
    if (request.vmpl > 3)
        return badInput(what, "offset 16", "VMPL " + std::to_string(request.vmpl) + " does not exist; it is 0 to 3");
    request.guestSvn = loadLe<std::uint32_t>(bytes, 20);
    std::ranges::copy(bytes.subspan(24, TcbBytes::size), request.tcb.bytes.begin());
    if (bytes.size() > size)
        request.launchMitigations = loadLe<std::uint64_t>(bytes, 32);
    return request;
}

std::array<std::uint8_t, KeyResponse::size> KeyResponse::encode() const
{
    std::array<std::uint8_t, size> bytes{};
    storeLe<std::uint32_t>(bytes, 0, static_cast<std::uint32_t>(status));
    if (status == FirmwareStatus::Success)
        std::ranges::copy(key, bytes.begin() + 32);
    return bytes;
}

Result<KeyResponse> KeyResponse::decode(ByteView bytes)
{
    if (bytes.size() != size)
        return badInput("read a key response", {}, "it has " + std::to_string(bytes.size()) + " bytes, and a response has 64");
    KeyResponse response;
    response.status = static_cast<FirmwareStatus>(loadLe<std::uint32_t>(bytes, 0));
    if (response.status == FirmwareStatus::Success)
        std::ranges::copy(bytes.subspan(32, keySize), response.key.begin());
    return response;
}

} // namespace kastellan::sev
