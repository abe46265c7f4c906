// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/platforms.h"

#include <QWidget>

class QPushButton;
class QVBoxLayout;

namespace kastellan::ui {

class Label;

/// What the firmware of a host says of itself: sections of facts with their meanings, and its levels side by side. When it cannot be
/// reached: why, and what to do.
class PlatformFacts : public QWidget {
    Q_OBJECT

public:
    explicit PlatformFacts(QWidget *parent = nullptr);
    void show(const PlatformState &state);

Q_SIGNALS:
    void refreshWanted();

private:
    void addError(const Error &error, bool stale);
    void addView(const PlatformView &view);

    QVBoxLayout *m_rows;
    QWidget *m_made = nullptr; ///< all that was made for the state shown
    QPushButton *m_refresh;
    Label *m_reached;
};

} // namespace kastellan::ui
