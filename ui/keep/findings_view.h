// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/models/findings_model.h"

#include <QWidget>

class QStackedWidget;
class QTreeView;

namespace kastellan::ui {

class FindingDetail;
class Segments;

/// The findings of an appraisal by area, filtered, with the chosen one in full beside them.
class FindingsView : public QWidget {
    Q_OBJECT

public:
    explicit FindingsView(QWidget *parent = nullptr);
    void setFindings(const std::vector<Finding> &findings);

private:
    void openAreas();
    void showCounts();
    void choose(const QModelIndex &source);

    FindingsModel *m_model;
    FindingsFilter *m_filter;
    Segments *m_show;
    QTreeView *m_tree;
    QStackedWidget *m_stack;
    FindingDetail *m_detail;
};

} // namespace kastellan::ui
