// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/readiness.h"
#include "core/keeps/launcher.h"
#include "ui/text.h"

#include <QFrame>

class QHBoxLayout;
class QPushButton;

namespace kastellan::ui {

class Badge;
class Label;

/// Whether a host can run keeps: one headline, one plain sentence, a badge per protection, and what to mend first.
class HostBanner : public QFrame {
    Q_OBJECT

public:
    explicit HostBanner(QWidget *parent = nullptr);
    void showReadiness(const Readiness &readiness);
    /// What the host says of itself, where nothing was looked at yet or nothing can look.
    void showInfo(const HostInfo &info);
    /// Plain words: no host, or none yet.
    void showWords(const Sign &sign, const QString &sentence);
    [[nodiscard]] QString title() const;
    [[nodiscard]] QString sentence() const;
    [[nodiscard]] QString first() const;

Q_SIGNALS:
    /// A person wants to see the check that is to mend first.
    void causeWanted(const QString &id);

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    void set(const Sign &sign, const QString &sentence);
    void setFirst(const QString &title, const QString &remedy, const QString &id, bool known = true);
    void setBadges(const std::vector<ReadinessVerdict> &verdicts);

    QString m_symbol, m_cause;
    Tone m_tone = Tone::Muted;
    Label *m_title, *m_sentence, *m_first;
    QWidget *m_badges, *m_firstRow;
    QHBoxLayout *m_badgeRow;
    QPushButton *m_show;
};

} // namespace kastellan::ui
