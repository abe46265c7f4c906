// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keep-warden/report_source.h"
#include "core/session/session_secret.h"

#include <memory>
#include <optional>
#include <string>

namespace kastellan::warden {

/// SEV and SEV-ES: the keep was measured before it ran, and the owner then gave it a session secret through the firmware. Whoever can make
/// codes with it is that keep. There is no later attestation, and no proof of the workload but this warden's word.
class SecretReportSource final : public ReportSource {
public:
    explicit SecretReportSource(const SessionSecret &secret)
        : m_secret(secret)
    {
    }
    /// Takes the secret out of the folder of the kernel's secret area; none: there is no such secret. Once read the file is removed, at
    /// which the kernel overwrites the memory; a file that can't be removed is an error.
    [[nodiscard]] static Result<std::unique_ptr<ReportSource>> take(const std::string &folder = "/sys/kernel/security/secrets/coco");

    [[nodiscard]] Result<Bytes> report(const ReportData &data) override { return m_secret.code(data); }
    [[nodiscard]] Result<Sha256> ownerKey() override { return m_secret.ownerKey; }

private:
    SessionSecret m_secret;
};

} // namespace kastellan::warden
