// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/record.h"

#include <string>
#include <vector>

namespace kastellan {

/// One layer of a keep's stack for the trust picture.
struct Layer
{
    std::string name;   ///< "hypervisor"
    std::string owner;  ///< "cloud provider"
    std::string detail; ///< real name and version where known
    enum class Mark { MustTrust, Verified, ShutOut } mark = Mark::MustTrust;
    std::string why;    ///< by which evidence, or why not
};
/// The stack of one keep as its appraisal really says (design: Trust).
[[nodiscard]] std::vector<Layer> layersOf(const Record &record);

} // namespace kastellan
