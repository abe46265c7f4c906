// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/widgets/card.h"

class QAction;
class QHBoxLayout;
class QLabel;
class QPushButton;

namespace kastellan::ui {

class CodeView;
class Fold;
class Label;

/// Something that a person has to act on: what happened, why, what to do, buttons to do it with, and the raw text folded below.
class AttentionCard : public Card {
    Q_OBJECT

public:
    struct Words {
        QString symbol, title, why, remedy;
        QString source; ///< where the explanation comes from; may be empty
        QString raw; ///< as it was said; empty: there is no more
        Tone tone = Tone::Negative;
        bool acts = false; ///< its buttons are shown
        bool operator==(const Words &) const = default;
    };

    explicit AttentionCard(QWidget *parent = nullptr);
    void setWords(const Words &words);
    [[nodiscard]] const Words &words() const { return m_words; }
    /// A button at the end of the card, for what can be done at once.
    QPushButton *addButton(QAction *action);

private:
    Words m_words;
    Label *m_title, *m_why, *m_remedyTitle, *m_remedy, *m_source;
    QLabel *m_symbol;
    QWidget *m_buttonRow;
    QHBoxLayout *m_buttons;
    CodeView *m_raw;
    Fold *m_fold;
};

} // namespace kastellan::ui
