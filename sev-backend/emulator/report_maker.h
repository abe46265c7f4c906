// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/certificates/p384.h"
#include "sev-backend/emulator/guest_context.h"
#include "sev-backend/emulator/profile.h"

namespace kastellan::sev {

/// What a report needs besides the guest.
struct ReportInputs {
    const Profile &profile;
    const ChipId &chipId; ///< zeros where the host masks it
    std::uint32_t version = 5;
    std::uint32_t vmpl = 0;
    const ReportData &reportData;
    TcbBytes reportedTcb, committedTcb;
    FirmwareVersion committedVersion;
    SigningKey signer = SigningKey::Vcek;
    bool chipKeyMasked = false;
};
/// The 1184 bytes of a report (SEV-SNP firmware ABI 1.58, ATTESTATION_REPORT), signed; without a key (null) the signature is zeros.
[[nodiscard]] Bytes makeReport(const GuestContext &guest, const ReportInputs &inputs, const P384PrivateKey *key);
/// Writes the signature over the first 0x2a0 bytes into a report.
void signReport(Bytes &report, const P384PrivateKey &key);

} // namespace kastellan::sev
