// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keepctl/reference_options.h"
#include "sev-backend/machine/launch.h"

#include <nlohmann/json_fwd.hpp>

namespace kastellan::keepctl {

/// The machine that `evidence verify` expects, described by --from-qemu or --from-libvirt: its launch digest is what has to be there.
class ExpectedMachine {
public:
    /// Nothing when none is described. Sets the expected launch digest.
    [[nodiscard]] static Result<std::optional<ExpectedMachine>> from(const Invocation &asked, ReferenceValues &expected);
    /// What would explain the digest of this evidence, if it is another one: machines with some other setting.
    [[nodiscard]] Result<std::vector<sev::Explanation>> explain(const EvidenceView &view);

private:
    ExpectedMachine(sev::LaunchParameters parameters, Bytes digest)
        : m_parameters(std::move(parameters))
        , m_digest(std::move(digest))
    {
    }
    sev::LaunchParameters m_parameters;
    Bytes m_digest;
};

[[nodiscard]] nlohmann::ordered_json explanationsJson(const std::vector<sev::Explanation> &explanations);
/// One line for each; of none a line that says so.
[[nodiscard]] std::string explanationsText(const std::vector<sev::Explanation> &explanations);

} // namespace kastellan::keepctl
