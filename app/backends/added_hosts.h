// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/known_hosts.h"
#include "core/keeps/launcher.h"

#include <chrono>
#include <memory>
#include <stop_token>
#include <vector>

namespace kastellan {

/// The hosts that the person added, in their order, as hosts to be listed: info() is what was found when they were last looked at, and
/// never waits. All else goes to the host itself, which is opened then. A list that can't be read is one host that says so.
[[nodiscard]] std::vector<std::shared_ptr<Host>> addedHosts();
/// One of them, by address or name; nothing where there is none.
[[nodiscard]] Result<std::shared_ptr<Host>> addedHost(std::string_view idOrName);

/// What a host says of itself, as it is stored.
[[nodiscard]] HostLook lookOf(const HostInfo &info);
/// What is known of a host, as it is listed.
[[nodiscard]] HostInfo infoOf(const KnownHost &known);

struct LookingLimits {
    unsigned atOnce = 8; ///< hosts
    std::chrono::milliseconds time{30'000}; ///< each
};
/// Looks at hosts now: each in a process of its own (keepctl), which is ended when it takes too long or `stop` is asked. In the order of
/// `addresses`; one that could not be looked at is "unknown" and says why. Nothing is stored. Cancelled: those that were not reached have
/// time 0.
[[nodiscard]] std::vector<HostLook> lookAtHosts(
    const std::vector<std::string> &addresses, const LookingLimits &limits, const Progress &progress, const std::stop_token &stop);

} // namespace kastellan
