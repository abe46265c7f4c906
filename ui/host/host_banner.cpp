// SPDX-License-Identifier: Apache-2.0
#include "ui/host/host_banner.h"

#include "ui/capital.h"
#include "ui/host/host_signs.h"
#include "ui/host/long_words.h"
#include "ui/theme/icons.h"
#include "ui/theme/style_parts.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/labels.h"

#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {
constexpr int symbolSide = 44;
}

HostBanner::HostBanner(QWidget *parent)
    : QFrame(parent)
    , m_title(new Label({}, Label::Kind::Heading, Tone::Plain, this))
    , m_sentence(new Label({}, Label::Kind::Value, Tone::Plain, this))
    , m_first(new Label({}, Label::Kind::Value, Tone::Plain, this))
    , m_badges(new QWidget(this))
    , m_firstRow(new QWidget(this))
    , m_badgeRow(new QHBoxLayout(m_badges))
    , m_show(new QPushButton(tr("&Show"), m_firstRow))
{
    QFont font = m_title->font();
    font.setPointSizeF(this->font().pointSizeF() * 1.35);
    m_title->setFont(font);
    m_title->setWordWrap(true);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(16 + symbolSide + 14, 12, 16, 12);
    layout->setSpacing(4);
    auto *top = new QHBoxLayout;
    top->setSpacing(12);
    top->addWidget(m_title, 1);
    m_badgeRow->setContentsMargins(0, 0, 0, 0);
    m_badgeRow->setSpacing(6);
    top->addWidget(m_badges, 0, Qt::AlignVCenter);
    layout->addLayout(top);
    layout->addWidget(m_sentence);
    auto *first = new QHBoxLayout(m_firstRow);
    first->setContentsMargins(0, 4, 0, 0);
    first->setSpacing(12);
    first->addWidget(m_first, 1);
    m_show->setObjectName(u"showFirst"_s);
    m_show->setAccessibleName(tr("Show what to mend first"));
    first->addWidget(m_show, 0, Qt::AlignVCenter);
    layout->addWidget(m_firstRow);
    setMinimumHeight(symbolSide + 28);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
    connect(m_show, &QPushButton::clicked, this, [this] { Q_EMIT causeWanted(m_cause); });
}

QString HostBanner::title() const
{
    return m_title->text();
}
QString HostBanner::sentence() const
{
    return m_sentence->text();
}
QString HostBanner::first() const
{
    return m_firstRow->isHidden() ? QString() : m_first->text();
}

void HostBanner::set(const Sign &sign, const QString &sentence)
{
    m_symbol = sign.symbol;
    m_tone = sign.tone;
    m_title->setText(capital(sign.word));
    m_title->setTone(sign.tone == Tone::Muted ? Tone::Plain : sign.tone);
    m_sentence->setText(breakable(sentence));
    m_sentence->setVisible(!sentence.isEmpty());
    setAccessibleName(u"%1. %2"_s.arg(m_title->text(), sentence));
    update();
}

void HostBanner::setFirst(const QString &title, const QString &remedy, const QString &id, bool known)
{
    const QString what = known ? tr("First to mend: %1.").arg(title) : tr("First to find out: %1.").arg(title);
    m_cause = id;
    m_firstRow->setVisible(!title.isEmpty() || !remedy.isEmpty());
    m_show->setVisible(!id.isEmpty());
    const QString text = title.isEmpty() ? tr("What to do: %1").arg(remedy) : remedy.isEmpty() ? what : QString(what + u' ' + remedy);
    m_first->setText(breakable(text));
}

void HostBanner::setBadges(const std::vector<ReadinessVerdict> &verdicts)
{
    while (QLayoutItem *item = m_badgeRow->takeAt(0)) {
        if (QWidget *widget = item->widget()) {
            widget->hide();
            widget->deleteLater();
        }
        delete item;
    }
    if (verdicts.size() < 2) { // the headline says it already
        m_badges->hide();
        return;
    }
    for (const ReadinessVerdict &verdict : verdicts) {
        auto *badge = new Badge(signOf(verdict), m_badges);
        badge->setToolTip(shown(verdict.sentence).toHtmlEscaped());
        m_badgeRow->addWidget(badge);
    }
    m_badges->show();
}

void HostBanner::showReadiness(const Readiness &readiness)
{
    const Headline headline = headlineOf(readiness);
    set(headline.sign, headline.sentence);
    setBadges(readiness.verdicts);
    if (headline.first)
        setFirst(shownLine(headline.first->title), shown(headline.first->remedy), QString::fromStdString(headline.first->id),
            headline.first->state != CheckState::Unknown);
    else
        setFirst({}, {}, {});
}

void HostBanner::showInfo(const HostInfo &info)
{
    const Sign sign = hostSign(info.state);
    set({info.state == "ready"              ? u"shield-check"_s
                : info.state == "not ready" ? u"shield-cross"_s
                                            : u"shield-question"_s,
            sign.word, sign.tone},
        shown(info.why));
    setBadges({});
    setFirst({}, shown(info.remedy), {});
}

void HostBanner::showWords(const Sign &sign, const QString &sentence)
{
    set(sign, sentence);
    setBadges({});
    setFirst({}, {}, {});
}

void HostBanner::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const ToneColors colors = toneColors(m_tone, palette());
    parts::roundedBox(painter, rect(), colors.fill, colors.line, 8);
    const qreal x = layoutDirection() == Qt::RightToLeft ? width() - 16 - symbolSide : 16;
    paintSymbol(painter, m_symbol, QRectF(x, (height() - symbolSide) / 2.0, symbolSide, symbolSide), colors.text);
}

} // namespace kastellan::ui
