// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/theme/tones.h"

#include <QList>
#include <QString>
#include <QWidget>

namespace kastellan::ui {

/// Steps one below the other, joined by a line: the wizard's pages, a launch in progress, a keep's timeline.
class StepList : public QWidget {
    Q_OBJECT

public:
    enum class State { Todo, Current, Busy, Done, Failed };
    struct Step {
        QString title, detail, aside;
        State state = State::Todo;
        bool operator==(const Step &) const = default;
    };

    explicit StepList(const QString &accessibleName, QWidget *parent = nullptr);
    void setSteps(const QList<Step> &steps);
    [[nodiscard]] const QList<Step> &steps() const { return m_steps; }
    /// Details take as many lines as they need; else they are cut to one.
    void setWrapped(bool wrapped);
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override { return {120, m_wrapped ? 0 : sizeHint().height()}; }
    [[nodiscard]] int heightForWidth(int width) const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    [[nodiscard]] int detailHeight(const Step &step, int room) const;
    [[nodiscard]] int heightOf(const Step &step, int width) const;

    QString m_name;
    QList<Step> m_steps;
    bool m_wrapped = false;
};

} // namespace kastellan::ui
