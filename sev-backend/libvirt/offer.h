// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/libvirt/connection.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace kastellan::sev::libvirt {

/// What a connection offers to machines that are keeps, from its domain capabilities.
struct Offer {
    std::string emulator; ///< path of QEMU there
    std::string domainType; ///< "kvm", or "qemu" where there is no KVM
    std::string machine; ///< "pc-q35-10.0"
    unsigned mostVcpus = 1;
    bool sev = false; ///< the host has SEV
    std::vector<std::string> sectypes; ///< "sev", "sev-snp"
    std::optional<unsigned> cbitPosition, reducedPhysBits;
    unsigned guests = 0, esGuests = 0; ///< how many at a time; 0 where it does not say
    std::vector<std::string> cpuModels; ///< QEMU's names that can be used there
    std::string hostModel; ///< the model nearest to the host's processor; empty: not known
    bool passt = false; ///< user-mode networks can forward ports
    bool memfd = false;
    std::string libvirtVersion, qemuVersion; ///< "11.3.0"
    std::string hostname;

    [[nodiscard]] bool has(std::string_view sectype) const;
    /// "snp", "es" and "sev", those that it has, strongest first.
    [[nodiscard]] std::vector<std::string> technologies() const;
};

/// The most that is read of a host's capabilities, bytes.
inline constexpr std::size_t capabilitiesLimit = std::size_t{8} << 20;

/// Reads domain capabilities (formatdomaincaps). Bounded; what is not there is not offered.
[[nodiscard]] Result<Offer> parseOffer(std::string_view xml);
/// Asks a connection about its own QEMU, or about `emulator` (with TCG).
[[nodiscard]] Result<Offer> askOffer(const Connection &connection, const std::string &emulator = {});

} // namespace kastellan::sev::libvirt
