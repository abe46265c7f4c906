// SPDX-License-Identifier: Apache-2.0
#include "ui/host/actions_view.h"

#include "ui/capital.h"
#include "ui/host/host_signs.h"
#include "ui/theme/icons.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/card.h"
#include "ui/widgets/labels.h"

#include <QPushButton>

#include <algorithm>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

/// The reason that several actions share, so that it has to be read once only; empty: none.
std::string commonReason(const std::vector<PlatformAction> &actions)
{
    constexpr std::ptrdiff_t several = 3;
    for (const PlatformAction &action : actions)
        if (!action.available && !action.whyNot.empty() && std::ranges::count_if(actions, [&](const PlatformAction &other) {
                return !other.available && other.whyNot == action.whyNot;
            }) >= several)
            return action.whyNot;
    return {};
}

} // namespace

ActionsView::ActionsView(QWidget *parent)
    : QWidget(parent)
{
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    auto *scroll = new ScrollPage(tr("Actions"), 1080, this, ScrollPage::Margins::None);
    outer->addWidget(scroll);
    m_rows = scroll->body();
    m_rows->addStretch(1);
}

void ActionsView::show(const PlatformState &state)
{
    std::string key = state.none ? "none" : state.reading && state.actions.empty() ? "reading" : "";
    for (const PlatformAction &action : state.actions)
        key += action.id + '\n' + action.title + '\n' + action.summary + '\n' + action.whyNot + (action.available ? "+" : "-");
    if (m_made && key == m_shown)
        return;
    m_shown = std::move(key);
    if (m_made) {
        m_made->hide();
        m_made->deleteLater();
    }
    m_made = new QWidget(this);
    auto *layout = new QVBoxLayout(m_made);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(14);
    layout->addWidget(new Label(state.actions.empty()
            ? (state.reading ? tr("Reading the platform…") : tr("Nothing can be done with this host's platform from here."))
            : tr("You see the plan before anything happens. Who did what, and when, is in the activity log."),
        Label::Kind::Body, Tone::Muted, m_made));
    m_common = commonReason(state.actions);
    if (!m_common.empty()) {
        auto *card = new Card(tr("Most of this is not possible now"), m_made);
        card->setObjectName(u"commonReason"_s);
        card->setTone(Tone::Warning);
        card->body()->addWidget(new Label(capital(shown(m_common)), Label::Kind::Value, Tone::Plain, card));
        layout->addWidget(card);
    }
    for (const ActionEffect effect : {ActionEffect::Reads, ActionEffect::Changes, ActionEffect::Destroys, ActionEffect::Irreversible})
        if (QWidget *group = makeGroup(effect, state.actions))
            layout->addWidget(group);
    m_rows->insertWidget(0, m_made);
}

QWidget *ActionsView::makeGroup(ActionEffect effect, const std::vector<PlatformAction> &actions)
{
    Card *card = nullptr;
    for (const PlatformAction &action : actions) {
        if (action.effect != effect)
            continue;
        if (!card) {
            card = new Card({}, m_made);
            card->body()->setSpacing(14);
            auto *head = new QHBoxLayout;
            head->setSpacing(12);
            head->addWidget(new Badge(signOf(effect), card));
            head->addWidget(new Label(meaningOf(effect), Label::Kind::Body, Tone::Muted, card), 1);
            card->body()->addLayout(head);
        }
        card->body()->addWidget(makeRow(action, card));
    }
    return card;
}

QWidget *ActionsView::makeRow(const PlatformAction &action, QWidget *parent)
{
    auto *row = new QWidget(parent);
    auto *layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(16);
    auto *words = new QVBoxLayout;
    words->setSpacing(1);
    const QString name = bareTitle(action.title);
    auto *title = new Label(name, Label::Kind::Heading, action.available ? Tone::Plain : Tone::Muted, row);
    title->setWordWrap(true);
    words->addWidget(title);
    words->addWidget(new Label(shown(action.summary), Label::Kind::Body, Tone::Muted, row));
    if (!action.available)
        words->addWidget(
            new Label(action.whyNot == m_common ? tr("Not now, for the reason above.") : tr("Not now: %1").arg(shown(action.whyNot)),
                Label::Kind::Value, Tone::Warning, row));
    layout->addLayout(words, 1);
    auto *button = new QPushButton(tr("Plan…"), row);
    button->setObjectName(u"action-"_s + QString::fromStdString(action.id));
    button->setAccessibleName(name);
    button->setEnabled(action.available);
    button->setToolTip(action.available ? shown(action.summary).toHtmlEscaped() : shown(action.whyNot).toHtmlEscaped());
    connect(button, &QPushButton::clicked, this, [this, id = QString::fromStdString(action.id)] { Q_EMIT wanted(id); });
    layout->addWidget(button, 0, Qt::AlignTop);
    return row;
}

} // namespace kastellan::ui
