// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/record.h"
#include "ui/data/workspace.h"
#include "ui/models/table_model.h"

#include <functional>
#include <vector>

class QAction;
class QPushButton;
class QWidget;

namespace kastellan::ui {

class MessageBar;

/// Headings and rows of a list of records, with or without the keep's columns.
[[nodiscard]] QStringList recordHeaders(bool withKeep);
[[nodiscard]] std::vector<TableModel::Row> recordRows(const std::vector<RecordSummary> &records, bool withKeep);

/// A button whose menu writes a record as HTML, PDF, JSON or bundle. `record` yields the id, `name` a word for the file's name; both are
/// asked when a format is chosen. What goes wrong is shown in `message`.
[[nodiscard]] QPushButton *exportButton(
    Workspace &workspace, MessageBar *message, std::function<QString()> record, std::function<QString()> name, QWidget *parent);

} // namespace kastellan::ui
