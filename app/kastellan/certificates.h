// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/services.h"

namespace kastellan {

/// The certificate store and its backend, as the windows use them.
[[nodiscard]] ui::CertificateFunctions certificateFunctions(std::shared_ptr<EvidenceBackend> backend);

} // namespace kastellan
