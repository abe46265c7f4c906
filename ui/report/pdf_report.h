// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/record.h"
#include "core/trust/layers.h"

#include <vector>

namespace kastellan::ui {

/// A record as a PDF/A-1b document (ISO 19005-1): the verdict, every finding, chain and layers drawn as vectors, raw values.
/// Works off screen and in any thread, but needs a QGuiApplication for its fonts.
[[nodiscard]] Result<Bytes> recordPdf(const Record &record, const EvidenceView &view, const std::vector<Layer> &layers);

} // namespace kastellan::ui
