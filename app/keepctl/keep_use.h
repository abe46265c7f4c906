// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/keep_client.h"

#include <map>

namespace kastellan::keepctl {

struct KeepUse {
    double cpuSeconds = 0;
    std::uint64_t memory = 0; ///< bytes
};

/// What the keeps in virtual machines use now, as their loaders tell; those are missing whose host does not say, or not within half a
/// second.
[[nodiscard]] std::map<KeepId, KeepUse> useOf(const std::vector<KeepStatus> &keeps);

/// "12.5 s of processor time, 320 MiB".
[[nodiscard]] std::string useText(const KeepUse &use);

} // namespace kastellan::keepctl
