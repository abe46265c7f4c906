// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/emulator/processor.h"
#include "sev-backend/legacy/launch_owner.h"
#include "sev-backend/libvirt/connection.h"

#include <stop_token>

namespace kastellan::sev::libvirt {

/// What a host's platform says of itself, for the owner of a guest under SEV or SEV-ES; the chip's certificate signed by AMD comes from the
/// key server, or its cache.
[[nodiscard]] Result<legacy::PlatformStatement> platformStatement(const Connection &connection, const std::stop_token &stop);
/// The same of the emulated platform of a rehearsal.
[[nodiscard]] Result<legacy::PlatformStatement> platformStatement(Processor &processor);

} // namespace kastellan::sev::libvirt
