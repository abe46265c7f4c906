// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/abi/platform_status.h"
#include "sev-backend/emulator/identity.h"

namespace kastellan::sev {

/// What a VLEK hashstick carries: the seed of a key that all chips of one cloud provider share, for one TCB.
struct VlekSecret {
    Bytes seed; ///< 64 bytes
    std::string csp; ///< the provider's name, 1 to 64 characters
    /// As the emulated key server has it for a provider and a TCB. It is the chip's own: nobody shares an emulated chip's VLEK.
    [[nodiscard]] static VlekSecret of(const Identity &identity, const TcbVersion &tcb, std::string csp);
    [[nodiscard]] P384PrivateKey key() const;
};

/// Wraps it for this chip, AES-256-GCM; the TCB is authenticated.
[[nodiscard]] VlekHashstick wrapVlek(const Identity &identity, const TcbVersion &tcb, const VlekSecret &secret);
/// Nothing when it was changed or is another chip's.
[[nodiscard]] std::optional<VlekSecret> unwrapVlek(const Identity &identity, const VlekHashstick &stick);

/// The authority that certifies VLEKs: the emulated root, and an ASVK whose key is made on first use (seconds) and kept beside the
/// identity.
[[nodiscard]] Result<Authority> openVlekAuthority(const std::filesystem::path &folder, const std::string &stem, const Identity &identity,
    const Profile &profile, const EmulatorProgress &progress, const std::stop_token &stop);
/// The certificate of a VLEK.
[[nodiscard]] Result<Certificate> certifyVlek(
    const Authority &authority, const Profile &profile, const TcbVersion &tcb, const VlekSecret &secret, std::int64_t now);

} // namespace kastellan::sev
