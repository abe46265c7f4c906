// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/plan.h"
#include "sev-backend/libvirt/connection.h"
#include "sev-backend/libvirt/libvirt_host.h"
#include "sev-backend/rehearsal/emulator_place.h"

namespace kastellan::sev::libvirt {

/// The stand-in's place for rehearsals on this machine's daemon; a daemon elsewhere is an Input error.
[[nodiscard]] Result<RehearsalPlace> rehearsalPlace(const LibvirtUri &uri, const LibvirtHostOptions &options);

/// Decides all of a launch through this connection (LibvirtHost::prepare).
[[nodiscard]] Status planMachine(const Connection &connection, const LibvirtHostOptions &options, LaunchPlan &plan,
    const Progress &progress, const std::stop_token &stop);

} // namespace kastellan::sev::libvirt
