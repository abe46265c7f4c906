// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/workspace.h"

#include <QWidget>

class QPushButton;

namespace kastellan::ui {

class MessageBar;
class TableModel;
class TableView;

/// Every attestation of a keep; reports that were made inside a whole virtual machine are imported here, by button or by drop.
class KeepRecords : public QWidget {
    Q_OBJECT

public:
    KeepRecords(Workspace &workspace, MessageBar *message, QWidget *parent = nullptr);
    void setKeep(const KeepPointer &keep);
    void setRecords(const std::vector<RecordSummary> &records);
    /// Whether reports are imported into this keep.
    [[nodiscard]] bool takesReports() const;
    /// Appraises the report in these files and keeps the record.
    void import(const QStringList &files);

private:
    void update();
    void imported(Result<Record> record);

    Workspace &m_workspace;
    KeepPointer m_keep;
    MessageBar *m_message;
    TableModel *m_records;
    TableView *m_view;
    QPushButton *m_import, *m_open, *m_save;
};

} // namespace kastellan::ui
