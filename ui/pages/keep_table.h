// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/directory.h"
#include "ui/models/table_model.h"

namespace kastellan::ui {

[[nodiscard]] QStringList keepHeaders(bool withHost);
[[nodiscard]] std::vector<TableModel::Row> keepRows(const std::vector<KeepPointer> &keeps, bool withHost);

} // namespace kastellan::ui
