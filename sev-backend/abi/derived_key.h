// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/abi/firmware_status.h"
#include "sev-backend/abi/report.h"

namespace kastellan::sev {

/// MSG_KEY_REQ: a key that this guest, or guests like it, can have again (SEV-SNP firmware ABI 1.58, section 7.2; Linux
/// snp_derived_key_req). 32 bytes; with the mitigation vector of message version 2, 40.
struct KeyRequest {
    static constexpr std::size_t size = 32, sizeWithMitigations = 40;
    enum Field : unsigned { Policy = 0, ImageId = 1, FamilyId = 2, Measurement = 3, GuestSvn = 4, Tcb = 5, LaunchMitigations = 6 };
    enum class KeySelect : std::uint8_t { Default = 0, Vcek = 1, Vlek = 2 };

    bool fromVmrk = false; ///< ROOT_KEY_SELECT bit 0: the guest's own root key, not the chip's
    KeySelect key = KeySelect::Default; ///< ROOT_KEY_SELECT bits 2:1
    std::uint64_t fields = 0; ///< GUEST_FIELD_SELECT: what is mixed into the key
    std::uint32_t vmpl = 0, guestSvn = 0;
    TcbBytes tcb;
    std::uint64_t launchMitigations = 0; ///< of message version 2

    [[nodiscard]] bool mixes(Field field) const { return (fields >> field) & 1; }
    /// 32 bytes, or 40 when the mitigation vector is mixed in.
    [[nodiscard]] Bytes encode() const;
    /// Another length, a reserved bit, a VMPL over 3, a key selection that does not exist: Input errors.
    [[nodiscard]] static Result<KeyRequest> decode(ByteView bytes);
};

/// MSG_KEY_RSP as the guest driver hands it out, 64 bytes: status, then the key at offset 32.
struct KeyResponse {
    static constexpr std::size_t size = 64, keySize = 32;
    FirmwareStatus status = FirmwareStatus::Success;
    std::array<std::uint8_t, keySize> key{};

    [[nodiscard]] std::array<std::uint8_t, size> encode() const;
    [[nodiscard]] static Result<KeyResponse> decode(ByteView bytes);
};

} // namespace kastellan::sev
