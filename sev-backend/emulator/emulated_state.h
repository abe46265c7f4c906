// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "sev-backend/emulator/profile.h"

namespace kastellan::sev {

/// Everything that an emulated platform remembers beside its identity: what the real one has in its flash memory. Private keys are no part
/// of it: the chip derives them from its secret and the number of the key.
struct EmulatedState {
    // Legacy SEV
    bool initialized = true; ///< INIT, as a host's kernel leaves it; else UNINIT
    bool es = true; ///< SEV-ES was asked for at INIT
    bool externallyOwned = false; ///< an owner's certificate was imported
    std::uint64_t epoch = 0; ///< counts shutdowns: guests of an earlier one are gone
    std::uint64_t keysMade = 0; ///< numbers keys; never goes back
    std::uint64_t ocaKey = 0, pekKey = 0, pdhKey = 0; ///< their numbers; 0: none
    Bytes ark, ask; ///< in SEV format; empty until first asked for
    Bytes cek, oca, pek, pdh; ///< 2084 bytes each, or empty
    // SEV-SNP
    bool snpInitialized = true;
    std::uint64_t snpEpoch = 0;
    FirmwareVersion committedVersion;
    TcbBytes committedTcb, reportedTcb;
    bool maskChipId = false, maskChipKey = false;
    Bytes vlekSeed; ///< 64 bytes, or empty while no VLEK is loaded; secret
    std::string vlekCsp; ///< whom it was given to
    Bytes reportedVcek; ///< DER, where the reported TCB is not the current one; else empty
    // Of a platform with a seed
    std::uint64_t draws = 0; ///< counts random values

    /// As a new chip comes up for the first time under a kernel that initialises it. `uncommitted`: its firmware was updated since, and
    /// what was committed is a level behind.
    [[nodiscard]] static EmulatedState fresh(const Profile &profile, bool uncommitted = false);
    /// A file: magic, whose it is, contents, SHA-256 of all. `chip`: a tag that only this chip has.
    [[nodiscard]] Bytes encode(const Sha256 &chip) const;
    /// A file that was damaged is an Input error; one of another chip a Negative error.
    [[nodiscard]] static Result<EmulatedState> decode(ByteView bytes, const Sha256 &chip);

    static constexpr std::size_t fileLimit = 64 * 1024;
    bool operator==(const EmulatedState &) const = default;
};

} // namespace kastellan::sev
