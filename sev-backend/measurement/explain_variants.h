// SPDX-License-Identifier: Apache-2.0
// What explain.h tries: each possible difference as a change of the machine. Private to the search.
#pragma once

#include "sev-backend/measurement/explain.h"

namespace kastellan::sev {

/// A machine that the search tries.
struct Tried {
    GuestKind kind = GuestKind::Snp;
    VmParameters parameters;
    std::size_t firmware = 0; ///< 0: the believed one; else number in otherFirmware plus 1
    std::uint64_t varsSize = 0;
};

/// One difference. Two of the same group exclude each other.
struct Variant {
    Change change;
    bool wide = false; ///< unlikely, one of many: not tried in pairs
    std::function<bool(Tried &)> apply; ///< false: makes no sense for this machine
};

/// Everything that can differ but the number of vCPUs.
[[nodiscard]] std::vector<Variant> variantsOf(const Believed &believed);
[[nodiscard]] Change vcpuChange(unsigned from, unsigned to);

} // namespace kastellan::sev
