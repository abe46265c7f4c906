// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/finding.h"

#include <QColor>
#include <QScrollArea>

class QBoxLayout;
class QLabel;
class QPushButton;

namespace kastellan::ui {

class Badge;
class Label;

/// A value that may be long hex: fixed width, with what differs from another value marked by colour and underline.
[[nodiscard]] QString markedDifference(const QString &value, const QString &other, const QColor &mark);

/// One finding in full: expected and actual side by side, why it matters, what to do, where it is written.
class FindingDetail : public QScrollArea {
    Q_OBJECT

public:
    explicit FindingDetail(QWidget *parent = nullptr);
    void setFinding(const Finding *finding);

protected:
    void changeEvent(QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    void fill();
    void arrange();

    Finding m_finding;
    bool m_has = false;
    QWidget *m_content, *m_placeholder;
    Label *m_title, *m_id;
    Badge *m_outcome, *m_weight;
    QWidget *m_expectedBox, *m_actualBox;
    QLabel *m_expected, *m_actual;
    Label *m_whyTitle, *m_why, *m_remedyTitle, *m_remedy, *m_sourceTitle, *m_source;
    QPushButton *m_copy;
    QBoxLayout *m_sides;
};

} // namespace kastellan::ui
