// SPDX-License-Identifier: Apache-2.0
#include "ui/host/platform_facts.h"

#include "ui/capital.h"
#include "ui/keep/tcb_table.h"
#include "ui/text.h"
#include "ui/theme/icons.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/card.h"
#include "ui/widgets/labels.h"

#include <QPushButton>

#include <algorithm>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

bool isCode(const std::string &value)
{
    return value.size() >= 24 && value.find(' ') == std::string::npos;
}

/// A value with what it means below it.
QWidget *explained(const PlatformFact &fact, QWidget *parent)
{
    auto *both = new QWidget(parent);
    auto *layout = new QVBoxLayout(both);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(1);
    QString value = shown(fact.value);
    if (isCode(fact.value)) // a place to break a long digest at
        for (qsizetype i = value.size() - 8; i > 0; i -= 8)
            value.insert(i, QChar(0x200b));
    layout->addWidget(
        new Label(value.isEmpty() ? u"–"_s : value, isCode(fact.value) ? Label::Kind::Code : Label::Kind::Value, Tone::Plain, both));
    if (!fact.meaning.empty())
        layout->addWidget(new Label(shown(fact.meaning), Label::Kind::Small, Tone::Muted, both));
    return both;
}

/// What the columns of levels are, of those that are there.
QString levelsMeaning(const std::vector<TcbColumn> &columns)
{
    const std::pair<std::string_view, QString> meanings[] = {{"current", PlatformFacts::tr("Current is what runs now.")},
        {"committed", PlatformFacts::tr("Committed is what it can no longer be rolled back below.")},
        {"reported", PlatformFacts::tr("Reported is what keeps are attested with.")}};
    QStringList sentences;
    for (const auto &[id, meaning] : meanings)
        if (std::ranges::find(columns, id, &TcbColumn::name) != columns.end())
            sentences += meaning;
    return sentences.join(u' ');
}

} // namespace

PlatformFacts::PlatformFacts(QWidget *parent)
    : QWidget(parent)
{
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    auto *scroll = new ScrollPage(tr("Platform"), 1080, this, ScrollPage::Margins::None);
    outer->addWidget(scroll);
    m_rows = scroll->body();
    auto *top = new QHBoxLayout;
    top->setSpacing(12);
    m_reached = new Label({}, Label::Kind::Value, Tone::Muted, this);
    top->addWidget(m_reached, 1);
    m_refresh = new QPushButton(icon(u"refresh"_s), tr("&Read again"), this);
    m_refresh->setObjectName(u"readPlatform"_s);
    connect(m_refresh, &QPushButton::clicked, this, &PlatformFacts::refreshWanted);
    top->addWidget(m_refresh);
    m_rows->addLayout(top);
    m_rows->addStretch(1);
}

void PlatformFacts::show(const PlatformState &state)
{
    m_refresh->setEnabled(!state.reading);
    m_refresh->setToolTip(state.reading ? tr("It is being read.") : QString());
    m_reached->setText(state.view ? tr("Reached by %1, read %2").arg(shownLine(state.view->reachedBy), when(state.at))
            : state.reading       ? tr("Reading the platform…")
            : state.none          ? tr("This host has no platform that could be reached from here.")
            : state.error         ? tr("Not reached, tried %1").arg(when(state.at))
                                  : QString());
    if (m_made) {
        m_made->hide();
        m_made->deleteLater();
    }
    m_made = new QWidget(this);
    auto *layout = new QVBoxLayout(m_made);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(14);
    if (state.error)
        addError(*state.error, state.view != nullptr);
    if (state.view)
        addView(*state.view);
    m_rows->insertWidget(m_rows->count() - 1, m_made);
}

void PlatformFacts::addError(const Error &error, bool stale)
{
    auto *card = new Card(tr("The platform could not be reached"), m_made);
    card->setObjectName(u"platformError"_s);
    card->setTone(Tone::Warning);
    const ErrorText text = errorText(Error{error.kind, error.what, error.where, error.why, {}});
    card->body()->addWidget(new Label(text.title + u' ' + text.detail, Label::Kind::Value, Tone::Plain, card));
    if (!error.remedy.empty())
        card->body()->addWidget(new Label(tr("What to do: %1").arg(shown(error.remedy)), Label::Kind::Value, Tone::Plain, card));
    if (stale)
        card->body()->addWidget(new Label(tr("Below is what was read before."), Label::Kind::Body, Tone::Muted, card));
    m_made->layout()->addWidget(card);
}

void PlatformFacts::addView(const PlatformView &view)
{
    auto *head = new Card({}, m_made);
    auto *line = new QHBoxLayout;
    line->setSpacing(10);
    auto *title = new Label(shownLine(view.title), Label::Kind::Heading, Tone::Plain, head);
    title->setWordWrap(true);
    line->addWidget(title, 1);
    if (view.emulated)
        line->addWidget(emulatedBadge(head));
    head->body()->addLayout(line);
    head->body()->addWidget(new Label(view.guests == 0 ? tr("No protected guest runs.")
            : view.guests == 1                         ? tr("1 protected guest runs.")
                                                       : tr("%1 protected guests run.").arg(view.guests),
        Label::Kind::Body, Tone::Muted, head));
    m_made->layout()->addWidget(head);
    if (!view.problems.empty()) {
        auto *card = new Card(tr("What could not be read"), m_made);
        card->setTone(Tone::Warning);
        for (const std::string &problem : view.problems)
            card->body()->addWidget(new Label(capital(shown(problem)), Label::Kind::Value, Tone::Plain, card));
        m_made->layout()->addWidget(card);
    }
    if (!view.tcb.empty()) {
        auto *levels = new Card(tr("Firmware levels (TCB)"), m_made);
        levels->body()->addWidget(new Label(levelsMeaning(view.tcb), Label::Kind::Body, Tone::Muted, levels));
        levels->body()->addWidget(new TcbTable(view.tcb, levels));
        m_made->layout()->addWidget(levels);
    }
    for (const PlatformSection &section : view.sections) {
        if (section.facts.empty())
            continue;
        auto *card = new Card(shownLine(section.title), m_made);
        auto *facts = new FactList(card);
        for (const PlatformFact &fact : section.facts)
            facts->addWidget(shownLine(fact.name), explained(fact, facts));
        card->body()->addWidget(facts);
        m_made->layout()->addWidget(card);
    }
}

} // namespace kastellan::ui
