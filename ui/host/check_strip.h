// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/inspections.h"

#include <QWidget>

class QProgressBar;
class QPushButton;

namespace kastellan::ui {

class ElidedLabel;

/// One line about the last look at a host and its age; while a new one is made: what is being done, how much of it, and cancel.
class CheckStrip : public QWidget {
    Q_OBJECT

public:
    explicit CheckStrip(QWidget *parent = nullptr);
    void show(const Inspection &inspection);
    [[nodiscard]] QString text() const;

Q_SIGNALS:
    void cancelWanted();

protected:
    void timerEvent(QTimerEvent *event) override;

private:
    void showAge();

    ReadinessPointer m_result;
    bool m_probed = false, m_running = false;
    ElidedLabel *m_text;
    QProgressBar *m_bar;
    QPushButton *m_cancel;
};

} // namespace kastellan::ui
