// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/legacy/certificate.h"

namespace kastellan::sev::legacy {

/// The name of the emulated root whose X.509 certificate this is, "emulated:<hex SHA-256>", if the ARK in SEV format holds the very same
/// key; empty when it does not, or is none. Certificates in SEV format have no name of their own to pin.
[[nodiscard]] std::string emulatedRootName(ByteView x509, const CaCertificate &ark);

} // namespace kastellan::sev::legacy
