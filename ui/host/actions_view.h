// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/platforms.h"

#include <QWidget>

class QVBoxLayout;

namespace kastellan::ui {

/// Everything that can be done with a platform, by what it does to it. What is not available says why.
class ActionsView : public QWidget {
    Q_OBJECT

public:
    explicit ActionsView(QWidget *parent = nullptr);
    void show(const PlatformState &state);

Q_SIGNALS:
    void wanted(const QString &action);

private:
    [[nodiscard]] QWidget *makeGroup(ActionEffect effect, const std::vector<PlatformAction> &actions);
    [[nodiscard]] QWidget *makeRow(const PlatformAction &action, QWidget *parent);

    QVBoxLayout *m_rows;
    QWidget *m_made = nullptr;
    std::string m_common; ///< why several actions are not available
    std::string m_shown; ///< what is shown, to be made again only when it changes
};

} // namespace kastellan::ui
