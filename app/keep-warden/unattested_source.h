// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keep-warden/report_source.h"

namespace kastellan::warden {

/// No evidence: the kernel's command line, which says so, names the owner. A challenge is answered by an empty report, and no secret is
/// taken.
class UnattestedSource final : public ReportSource {
public:
    explicit UnattestedSource(const Sha256 &owner)
        : m_owner(owner)
    {
    }
    [[nodiscard]] Result<Bytes> report(const ReportData &) override { return Bytes(); }
    [[nodiscard]] Result<Sha256> ownerKey() override { return m_owner; }
    [[nodiscard]] bool admitsSecrets() const override { return false; }

private:
    Sha256 m_owner;
};

} // namespace kastellan::warden
