// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/known_hosts.h"
#include "core/keeps/launcher.h"

#include <map>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace kastellan::keepctl {

/// How many keeps run on each host, by the host's id.
[[nodiscard]] std::map<std::string, std::size_t> runningKeeps();
/// "SNP ES SEV"; "emulated", "rehearsal", or nothing.
[[nodiscard]] std::string offersText(const HostInfo &info);
/// docs/json.md. `added`: where the person added it.
[[nodiscard]] nlohmann::ordered_json hostJson(const HostInfo &info, const KnownHost *added, std::size_t keeps);

} // namespace kastellan::keepctl
