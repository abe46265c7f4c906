// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

class QLabel;
class QProgressBar;
class QToolButton;

namespace kastellan::ui {

class JobRunner;

/// The running jobs in the status bar: what is being done, how far, and cancel.
class JobIndicator : public QWidget {
    Q_OBJECT

public:
    explicit JobIndicator(JobRunner &runner, QWidget *parent = nullptr);

private:
    void refresh();

    JobRunner &m_runner;
    QLabel *m_text;
    QProgressBar *m_bar;
    QToolButton *m_cancel;
};

} // namespace kastellan::ui
