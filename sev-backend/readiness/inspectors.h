// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/readiness.h"
#include "sev-backend/libvirt/uri.h"
#include "sev-backend/readiness/look.h"
#include "sev-backend/readiness/within_time.h"

#include <functional>

namespace kastellan::sev {

/// Looks at this computer. `root` is put before every path: for tests, which leave `machine` empty.
[[nodiscard]] std::shared_ptr<HostInspector> makeLocalInspector(LookOptions options);
/// The same with everything that is real.
[[nodiscard]] std::shared_ptr<HostInspector> makeLocalInspector();

/// Judges a capability file. `name` is shown: its file name.
[[nodiscard]] Result<std::shared_ptr<HostInspector>> makeRecordingInspector(std::string_view recording, std::string_view name);

/// Whether an address names a machine that is reached by ssh: ssh://[USER@]HOST[:PORT].
[[nodiscard]] bool isSshAddress(std::string_view address);
/// Runs a program on this side of a connection; ends it when it is asked to stop.
using RunOver = std::function<ProgramOutput(const std::vector<std::string> &, const std::stop_token &)>;
/// Runs `keepctl host record` there. Names are held to letters that no shell and no ssh takes for something else; ssh never asks for a
/// password. Another shape of address is an Input error.
[[nodiscard]] Result<std::shared_ptr<HostInspector>> makeSshInspector(std::string_view address, RunOver run = {});
/// What is run for an address: for tests and for showing.
[[nodiscard]] Result<std::vector<std::string>> sshCommand(std::string_view address, const InspectOptions &options);

/// What libvirt alone tells of a connection (sev-backend/libvirt/uri.h says which are opened).
/// A daemon that does not answer is given `patience`.
[[nodiscard]] Result<std::shared_ptr<HostInspector>> makeLibvirtInspector(
    std::string_view uri, std::chrono::milliseconds patience = libvirtPatience);

} // namespace kastellan::sev
