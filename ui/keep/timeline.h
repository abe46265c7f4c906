// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/plan.h"
#include "ui/widgets/step_list.h"

namespace kastellan::ui {

/// What happens in a state, in a sentence.
[[nodiscard]] QString stateMeaning(KeepState state);
/// A keep's life so far as steps, with when each state was entered and how long after the one before.
[[nodiscard]] QList<StepList::Step> timelineSteps(const KeepStatus &status);
/// The states that a launch goes through, with where it is now; `doing` describes the current one.
[[nodiscard]] QList<StepList::Step> launchSteps(const KeepStatus &status, const QString &doing);
/// How the workload ended: "exit code 0", "trap: …"; empty while it has not.
[[nodiscard]] QString endOf(const KeepStatus &status);

} // namespace kastellan::ui
