// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/theme/tones.h"

#include <QFrame>
#include <QGridLayout>
#include <QVBoxLayout>

#include <optional>

namespace kastellan::ui {

class Label;

/// A rounded surface that holds what belongs together, with an optional heading.
class Card : public QFrame {
    Q_OBJECT

public:
    explicit Card(const QString &heading = {}, QWidget *parent = nullptr);
    /// A tinted card: fill and line of the tone.
    void setTone(std::optional<Tone> tone);
    void setHeading(const QString &heading);
    [[nodiscard]] QVBoxLayout *body() { return m_body; }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QVBoxLayout *m_body;
    Label *m_heading = nullptr;
    std::optional<Tone> m_tone;
};

/// Names and values in two columns: facts about a host, a plan, a record.
class FactList : public QWidget {
    Q_OBJECT

public:
    explicit FactList(QWidget *parent = nullptr);
    void clear();
    /// `code`: a fixed-width value that may break anywhere, as digests are.
    void add(const QString &name, const QString &value, bool code = false);
    void addWidget(const QString &name, QWidget *widget);

private:
    QGridLayout *m_grid;
    int m_rows = 0;
};

/// A vertical scroll area whose content is as wide as the view, up to a readable width. It has the page's margins unless it lies in what
/// has them.
class ScrollPage : public QWidget {
    Q_OBJECT

public:
    enum class Margins { Page, None };
    explicit ScrollPage(const QString &accessibleName, int maximumWidth = 1080, QWidget *parent = nullptr, Margins margins = Margins::Page);
    [[nodiscard]] QVBoxLayout *body() { return m_body; }

private:
    QVBoxLayout *m_body;
};

} // namespace kastellan::ui
