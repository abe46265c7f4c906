// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "status_file.h"

#include "core/keeps/launcher.h"
#include "core/logs/keep_log.h"

#include <chrono>
#include <filesystem>

namespace kastellan::loader {

/// How long a host is asked again and again.
struct ClearingPatience {
    std::chrono::milliseconds first{250}, longest{15'000}; ///< between two tries; doubles
    std::chrono::milliseconds all{std::chrono::minutes(10)};
};

/// Takes away what an ended keep left on its host (Host::clear), and says in the keep's status and log how that went. A host that can't be
/// reached is tried again; one that does not answer at all is waited for in a thread, and given up when the time is over.
[[nodiscard]] Status clearKeep(const std::shared_ptr<Host> &host, const std::filesystem::path &folder, StatusFile &status,
    KeepLogWriter &log, const ClearingPatience &patience = {});

} // namespace kastellan::loader
