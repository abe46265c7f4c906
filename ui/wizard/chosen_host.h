// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/workspace.h"
#include "ui/wizard/draft.h"

#include <optional>

namespace kastellan::ui {

/// In the place of a host's id: the best one is chosen when the plan is made.
inline constexpr std::string_view automaticHost = "auto";

/// The host that was chosen, as it is known; for the automatic choice what any host that may be chosen offers. Nothing: it is not known.
[[nodiscard]] std::optional<HostInfo> chosenHost(const Workspace &workspace, const LaunchDraft &draft);
/// Why no keep can be launched there, whatever is chosen; empty where one can.
[[nodiscard]] QString cannotLaunch(const HostInfo &host, const LaunchDraft &draft);
/// Whether a launch there can have no evidence but none: it offers no protection, and nothing can be rehearsed.
[[nodiscard]] bool onlyUnattested(const HostInfo &host);
/// Whether the host was looked at and told what it offers.
[[nodiscard]] bool saysWhatItOffers(const HostInfo &host);

} // namespace kastellan::ui
