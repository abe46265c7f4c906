// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/record.h"
#include "ui/data/directory.h"

#include <QWidget>

class QStackedWidget;

namespace kastellan::ui {

class CodeView;
class Label;
class Segments;
class TableModel;
class TableView;

/// What goes into a keep: its configuration, what was delivered, and what was measured before.
class ManifestView : public QWidget {
    Q_OBJECT

public:
    explicit ManifestView(QWidget *parent = nullptr);
    void setKeep(const KeepPointer &keep);
    /// The newest record that has a delivery manifest; null: nothing was delivered yet.
    void setRecord(const Record *record);

private:
    Segments *m_parts;
    QStackedWidget *m_stack;
    CodeView *m_configuration, *m_delivered, *m_plan;
    Label *m_text;
    QStackedWidget *m_deliveredStack;
    TableModel *m_image;
    TableView *m_imageView;
};

} // namespace kastellan::ui
