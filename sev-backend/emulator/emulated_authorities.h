// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/evidence.h"
#include "sev-backend/emulator/processor.h"

namespace kastellan::sev {

/// What ends the legacy chain of an emulated platform: "ask" and "ark" in SEV format, and "emulated-root", the X.509 certificate by which
/// ReferenceValues::root names the same key. For legacy::PlatformStatement::authorities.
[[nodiscard]] Result<std::vector<Endorsement>> emulatedAuthorities(Processor &processor);

} // namespace kastellan::sev
