// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/abi/report.h"

#include <span>

namespace kastellan::sev {

/// What an emulated processor is like: the shapes of the real product, with levels that its emulated key server certifies.
struct Profile {
    std::string_view id; ///< "genoa": in file names and options
    Product product;
    std::string_view productName; ///< in the VCEK: "Genoa-B1"
    unsigned structVersion; ///< in the VCEK: 0, and 1 on Turin
    unsigned family, model, stepping;
    FirmwareVersion firmware;
    std::uint8_t fmc, bootloader, tee, snp, microcode;
    PlatformInfo platformInfo;
    std::uint64_t mitigations; ///< the mitigation vectors of a report version 5
    std::string_view title; ///< "Genoa"
    bool hasSnp; ///< false: the legacy SEV API alone, as Naples and Rome have it
    unsigned rsaBits; ///< of its certificate authority: 2048 for Naples
    std::uint32_t asids; ///< protected guests at once, numbered from 1
    std::uint32_t minSevAsid; ///< the first ASID of a guest without SEV-ES

    [[nodiscard]] TcbVersion tcb() const;
    /// How many bytes of the chip id name the chip.
    [[nodiscard]] std::size_t chipIdLength() const { return chipIdSize(product); }
};

/// Those with SEV-SNP: Milan, Genoa (the default) and Turin.
[[nodiscard]] std::span<const Profile> profiles();
/// All: Naples and Rome, then the others.
[[nodiscard]] std::span<const Profile> allProfiles();
[[nodiscard]] const Profile &defaultProfile();
/// By id or product name, in any case; an unknown one is an Input error that lists them.
[[nodiscard]] Result<const Profile *> findProfile(std::string_view name);

} // namespace kastellan::sev
