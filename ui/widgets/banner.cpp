// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/banner.h"

#include "ui/text.h"
#include "ui/theme/icons.h"
#include "ui/theme/style_parts.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/labels.h"

#include <QHBoxLayout>
#include <QPainter>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

constexpr int symbolSide = 44;

QString overridesNote(const Appraisal &appraisal)
{
    if (appraisal.overrides.empty())
        return {};
    QStringList names;
    for (const auto &name : appraisal.overrides)
        names += shownLine(name);
    return VerdictBanner::tr("Protection given up by the owner: %1.").arg(names.join(u", "_s));
}

QString capital(QString text)
{
    if (!text.isEmpty())
        text[0] = text[0].toUpper();
    return text;
}

} // namespace

QString plainSentence(const Appraisal &appraisal)
{
    QString text = shown(appraisal.sentence);
    const QString word = QString::fromLatin1(name(appraisal.verdict).data(), static_cast<qsizetype>(name(appraisal.verdict).size()));
    if (text.startsWith(word, Qt::CaseInsensitive)) {
        QString rest = text.mid(word.size()).trimmed();
        if (rest.startsWith(u"(emulated)"_s, Qt::CaseInsensitive))
            rest = rest.mid(10).trimmed();
        if (rest.startsWith(u':') || rest.startsWith(u','))
            text = capital(rest.mid(1).trimmed());
    }
    return text;
}

VerdictBanner::VerdictBanner(QWidget *parent)
    : QFrame(parent)
    , m_title(new Label({}, Label::Kind::Heading, Tone::Plain, this))
    , m_sentence(new Label({}, Label::Kind::Value, Tone::Plain, this))
    , m_note(new Label({}, Label::Kind::Value, Tone::Warning, this))
    , m_emulated(emulatedBadge(this))
{
    QFont font = m_title->font();
    font.setPointSizeF(this->font().pointSizeF() * 1.35);
    m_title->setFont(font);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(16 + symbolSide + 14, 14, 16, 14);
    layout->setSpacing(14);
    auto *text = new QVBoxLayout;
    text->setSpacing(3);
    text->addStretch(1);
    text->addWidget(m_title);
    text->addWidget(m_sentence);
    text->addWidget(m_note);
    text->addStretch(1);
    layout->addLayout(text, 1);
    layout->addWidget(m_emulated, 0, Qt::AlignVCenter);
    setMinimumHeight(symbolSide + 28);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
}

QString VerdictBanner::title() const
{
    return m_title->text();
}
QString VerdictBanner::sentence() const
{
    return m_sentence->text();
}

void VerdictBanner::set(const QString &symbol, Tone tone, const QString &title, const QString &sentence, bool emulated, const QString &note)
{
    m_symbol = symbol;
    m_tone = tone;
    m_title->setText(title);
    m_title->setTone(tone == Tone::Muted ? Tone::Plain : tone);
    m_sentence->setText(sentence);
    m_sentence->setVisible(!sentence.isEmpty());
    m_note->setText(note);
    m_note->setVisible(!note.isEmpty());
    m_emulated->setVisible(emulated);
    setAccessibleName(emulated ? tr("%1, emulated. %2").arg(title, sentence) : u"%1. %2"_s.arg(title, sentence));
    update();
}

void VerdictBanner::showAppraisal(const Appraisal &appraisal)
{
    const Sign sign = signOf(appraisal.verdict);
    set(sign.symbol, sign.tone, sign.word, plainSentence(appraisal), appraisal.emulated, overridesNote(appraisal));
}

void VerdictBanner::showKeep(const KeepStatus &status, const Appraisal *appraisal)
{
    // Why it failed or is suspect is said in full below the banner.
    const QString reason = shown(status.reason.substr(0, status.reason.find('\n')));
    if (status.state == KeepState::Suspect) {
        const Sign sign = signOf(KeepState::Suspect);
        set(sign.symbol, Tone::Negative, tr("Suspect"),
            tr("What runs may no longer be what was proven. Nothing that it writes is let through until it has proven itself again."),
            status.emulated, appraisal ? overridesNote(*appraisal) : QString());
        return;
    }
    if (appraisal) {
        showAppraisal(*appraisal);
        if (status.state == KeepState::Failed && !reason.isEmpty())
            set(signOf(status.state).symbol, Tone::Negative, tr("Failed"), tr("The keep is gone; its log and its evidence stay."),
                status.emulated, tr("Last verdict: %1.").arg(verdictSign(status.verdict).word));
        return;
    }
    if (!status.verdict.empty()) { // the record is being read
        const Sign sign = verdictSign(status.verdict);
        set(sign.symbol, sign.tone, sign.word, reason, status.emulated);
        return;
    }
    if (status.state == KeepState::Failed) {
        set(u"cross"_s, Tone::Negative, tr("Failed before it was attested"), tr("Nothing was sent into the keep."), status.emulated);
        return;
    }
    if (status.state == KeepState::Stopped) {
        set(u"shield-question"_s, Tone::Muted, tr("Not attested"),
            tr("It was stopped before its evidence was appraised. Nothing was sent into it."), status.emulated);
        return;
    }
    set(u"shield-question"_s, Tone::Muted, tr("Not attested yet"),
        tr("Nothing is sent into the keep before its evidence has been appraised."), status.emulated);
}

void VerdictBanner::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const ToneColors colors = toneColors(m_tone, palette());
    parts::roundedBox(painter, rect(), colors.fill, colors.line, 8);
    const bool mirrored = layoutDirection() == Qt::RightToLeft;
    const qreal x = mirrored ? width() - 16 - symbolSide : 16;
    paintSymbol(painter, m_symbol, QRectF(x, (height() - symbolSide) / 2.0, symbolSide, symbolSide), colors.text);
}

} // namespace kastellan::ui
