// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

class QButtonGroup;
class QHBoxLayout;

namespace kastellan::ui {

/// A row of buttons of which exactly one is chosen: a filter, or which of some views is shown.
class Segments : public QWidget {
    Q_OBJECT

public:
    explicit Segments(const QString &accessibleName, QWidget *parent = nullptr);
    /// Appends a choice; the first one added is chosen.
    void add(const QString &text, const QString &symbol = {});
    void setText(int index, const QString &text);
    [[nodiscard]] int current() const;
    void setCurrent(int index);
    [[nodiscard]] int count() const;

Q_SIGNALS:
    void chosen(int index);

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QHBoxLayout *m_layout;
    QButtonGroup *m_group;
};

} // namespace kastellan::ui
