// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/inspections.h"
#include "ui/host/readiness_model.h"

#include <QWidget>

class QLineEdit;
class QStackedWidget;
class QToolButton;
class QTreeView;

namespace kastellan::ui {

class CheckDetail;
class EmptyState;
class Segments;

/// All checks of a host as a tree, filtered and searched, with the chosen one in full beside them.
class ReadinessView : public QWidget {
    Q_OBJECT

public:
    explicit ReadinessView(QWidget *parent = nullptr);
    /// Null: not looked at yet. Of the same host, what is chosen and open stays so.
    void setReadiness(const ReadinessPointer &readiness);
    /// Shows one check, whatever the filter is.
    void choose(const QString &id);
    /// What stands in place of the tree while there is none.
    void setEmptyText(const QString &title, const QString &text);

Q_SIGNALS:
    void said(const QString &text);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void fitColumns();
    void buildBar();
    void buildTree();
    void filterChanged();
    void openAll();
    void showCounts();
    void chooseFirst();
    void showCurrent();
    [[nodiscard]] QString currentId() const;
    QToolButton *tool(const QString &symbol, const QString &name, const char *objectName);

    ReadinessPointer m_readiness;
    ReadinessModel *m_model;
    ReadinessFilter *m_filter;
    QWidget *m_bar;
    Segments *m_show;
    QLineEdit *m_search;
    QTreeView *m_tree;
    QStackedWidget *m_stack, *m_whole;
    CheckDetail *m_detail;
    EmptyState *m_empty = nullptr;
    QString m_emptyText;
    QString m_suggested; ///< the check that was chosen for the person
};

} // namespace kastellan::ui
