// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/plan.h"
#include "ui/data/keep_happenings.h"
#include "ui/widgets/step_list.h"

namespace kastellan::ui {

/// What happens in a state, in a sentence.
[[nodiscard]] QString stateMeaning(KeepState state);
/// A keep's life as steps: its states and what its log tells of the launch, each with its time and how long after the one before; while it
/// is being launched also what is still to come. `doing` describes the current one. A step that failed says why.
[[nodiscard]] QList<StepList::Step> courseOf(const KeepStatus &status, const QList<Happening> &happenings, const QString &doing = {});
/// How the workload ended: "exit code 0", "trap: …"; empty while it has not.
[[nodiscard]] QString endOf(const KeepStatus &status);

} // namespace kastellan::ui
