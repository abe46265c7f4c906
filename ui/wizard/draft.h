// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/choose_host.h"
#include "core/keeps/planner.h"
#include "core/workload/workload.h"

#include <QMap>
#include <QString>

#include <memory>
#include <vector>

namespace kastellan::ui {

/// What a person has chosen in the wizard so far.
struct LaunchDraft {
    LaunchRequest request;
    std::shared_ptr<const Workload> workload; ///< as read, without the module's bytes; null until it could be read
    std::uint64_t moduleSize = 0;
    QMap<QString, QString> secretFiles; ///< file to read each secret from, at launch; never its content
    bool undecidedAccepted = false; ///< that nothing can be proven in the chosen cluster was read and taken
    std::vector<HostReason> reasons; ///< of the automatic choice that the plan rests on; empty where the host was named
    std::shared_ptr<const LaunchPlan> plan; ///< null until made for exactly these choices
};

} // namespace kastellan::ui
