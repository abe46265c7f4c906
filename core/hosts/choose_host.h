// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/known_hosts.h"

namespace kastellan {

/// What a launch demands of a host that is to be chosen for it.
struct HostDemand {
    std::string technology; ///< "snp", "es", "sev"; empty: the strongest that any host offers
    std::vector<std::pair<std::string, unsigned>> minimumTcb; ///< part and version
};

/// A host that could be chosen.
struct HostCandidate {
    std::string id, name;
    bool emulated = false;
    std::string launchesNot; ///< why no keep is ever launched there automatically; empty: it can be
    std::optional<HostLook> look; ///< now; none: it could not be looked at, and `failure` says why
    std::string failure;
    std::size_t keeps = 0; ///< that run there
    std::vector<std::pair<std::string, unsigned>> tcb; ///< of its newest evidence, where there is any
    std::string tcbRecord; ///< the record that says so
};

/// One host, and why it was or was not chosen.
struct HostReason {
    std::string id, name;
    bool fits = false;
    std::string technology; ///< where it fits: with which protection
    std::string why; ///< one sentence
};

/// Hosts that fit, best first, then those that do not. A host fits when it is ready and offers what is demanded or stronger; emulated hosts
/// and rehearsals never do. Among those that fit the stronger protection goes first, then fewer running keeps, then the order of the
/// candidates. A TCB that is not known rules nothing out: the attestation demands it.
[[nodiscard]] std::vector<HostReason> rankHosts(const HostDemand &demand, const std::vector<HostCandidate> &candidates);

} // namespace kastellan
