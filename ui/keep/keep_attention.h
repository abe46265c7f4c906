// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/services.h"
#include "ui/widgets/attention_card.h"

#include <optional>

namespace kastellan::ui {

/// What of a keep's state a person has to act on: that it is suspect, or how it failed: cause and remedy where the failure is recognised,
/// the message as it came below. Nothing for all other states.
[[nodiscard]] std::optional<AttentionCard::Words> attentionOf(const KeepStatus &status, const MachineFunctions &machines);

} // namespace kastellan::ui
