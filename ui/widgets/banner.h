// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/finding.h"
#include "core/keeps/plan.h"
#include "ui/theme/tones.h"

#include <QFrame>
#include <QString>

namespace kastellan::ui {

class Badge;
class Label;

/// The verdict in one plain sentence, with its symbol and, where so, the EMULATED badge.
class VerdictBanner : public QFrame {
    Q_OBJECT

public:
    explicit VerdictBanner(QWidget *parent = nullptr);
    /// The appraisal of a record.
    void showAppraisal(const Appraisal &appraisal);
    /// A keep: what its appraisal and its state together mean now. `appraisal` may be null: not loaded, or none yet.
    void showKeep(const KeepStatus &status, const Appraisal *appraisal);
    [[nodiscard]] QString title() const;
    [[nodiscard]] QString sentence() const;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    void set(const QString &symbol, Tone tone, const QString &title, const QString &sentence, bool emulated, const QString &note = {});

    QString m_symbol;
    Tone m_tone = Tone::Muted;
    Label *m_title;
    Label *m_sentence;
    Label *m_note;
    Badge *m_emulated;
};

/// The appraisal's sentence without the verdict's word before it.
[[nodiscard]] QString plainSentence(const Appraisal &appraisal);

} // namespace kastellan::ui
