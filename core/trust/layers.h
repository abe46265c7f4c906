// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/record.h"

#include <string>
#include <vector>

namespace kastellan {

/// One layer of a keep's stack for the trust picture.
struct Layer {
    std::string name; ///< "hypervisor"
    std::string owner; ///< "cloud provider"
    std::string detail; ///< real name and version where known
    enum class Mark { MustTrust, Verified, ShutOut } mark = Mark::MustTrust;
    std::string why; ///< by which evidence, or why not
};
/// The stack of one keep as its appraisal really says (design: Trust), application first, processor last: nine layers. `view` adds names
/// and versions of processor and firmware.
[[nodiscard]] std::vector<Layer> layersOf(const Record &record, const EvidenceView *view = nullptr);
/// "must be trusted", "verified", "shut out".
[[nodiscard]] std::string_view name(Layer::Mark mark);

} // namespace kastellan
