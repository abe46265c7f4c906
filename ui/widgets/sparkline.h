// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

#include <deque>
#include <functional>

namespace kastellan::ui {

/// The course of one value over the last minutes: a line with its newest value in words.
class Sparkline : public QWidget {
    Q_OBJECT

public:
    static constexpr std::size_t most = 180; ///< values that are kept

    /// `words` says a value as a person reads it. `ceiling`: what the full height is at least, in the value's unit.
    Sparkline(const QString &title, std::function<QString(double)> words, double ceiling, QWidget *parent = nullptr);
    void add(double value);
    void clear();
    [[nodiscard]] std::size_t count() const { return m_values.size(); }
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    void describe();

    QString m_title;
    std::function<QString(double)> m_words;
    double m_ceiling;
    std::deque<double> m_values;
};

} // namespace kastellan::ui
