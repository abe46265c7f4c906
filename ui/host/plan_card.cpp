// SPDX-License-Identifier: Apache-2.0
#include "ui/host/plan_card.h"

#include "ui/host/host_signs.h"
#include "ui/host/long_words.h"
#include "ui/theme/icons.h"
#include "ui/widgets/card.h"
#include "ui/widgets/labels.h"

#include <QCheckBox>
#include <QLineEdit>
#include <QScrollArea>
#include <QVBoxLayout>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

PlanCard::PlanCard(const ActionPlan &plan, QWidget *parent)
    : QWidget(parent)
    , m_plan(plan)
{
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(12);
    auto *area = new QScrollArea(this); // the confirmation stays in sight below it
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setFocusPolicy(Qt::NoFocus);
    area->setAccessibleName(tr("The plan"));
    auto *lists = new QWidget(area);
    m_lists = new QVBoxLayout(lists);
    m_lists->setContentsMargins(0, 0, 0, 0);
    m_lists->setSpacing(12);
    addArguments();
    addList(tr("What is done"), plan.steps, true, {}, static_cast<int>(Tone::Plain));
    addList(tr("What ends or is disturbed"), plan.guests, false, u"cross"_s, static_cast<int>(Tone::Negative));
    addList(tr("What follows"), plan.consequences, false,
        plan.effect == ActionEffect::Reads || plan.effect == ActionEffect::Changes ? u"info"_s : u"warning"_s,
        static_cast<int>(plan.effect == ActionEffect::Irreversible ? Tone::Negative
                : plan.effect == ActionEffect::Destroys            ? Tone::Warning
                                                                   : Tone::Info));
    if (plan.needsPrivilege)
        addList(tr("Permission"),
            {tr("You may not do this yourself: the system asks for an administrator's password, and may not ask again for some minutes.")
                    .toStdString()},
            false, u"lock"_s, static_cast<int>(Tone::Info));
    m_lists->addStretch(1);
    area->setWidget(lists);
    outer->addWidget(area, 1);
    addConfirmation();
}

void PlanCard::addArguments()
{
    if (m_plan.arguments.empty())
        return;
    auto *card = new Card(tr("With"), this);
    auto *facts = new FactList(card);
    for (const auto &[name, value] : m_plan.arguments)
        facts->add(shownLine(name), value.empty() ? tr("yes") : shown(value), value.size() > 40);
    card->body()->addWidget(facts);
    m_lists->addWidget(card);
}

void PlanCard::addList(const QString &heading, const std::vector<std::string> &lines, bool numbered, const QString &symbol, int tone)
{
    if (lines.empty())
        return;
    auto *card = new Card(heading, this);
    card->body()->setSpacing(6);
    int number = 0;
    for (const std::string &line : lines) {
        auto *row = new QHBoxLayout;
        row->setSpacing(10);
        auto *sign = new QLabel(card);
        if (numbered) {
            sign->setText(u"%1."_s.arg(++number));
            sign->setAlignment(Qt::AlignTop | Qt::AlignTrailing);
        } else {
            sign->setPixmap(icon(symbol, static_cast<Tone>(tone)).pixmap(QSize(16, 16), devicePixelRatioF()));
            sign->setAlignment(Qt::AlignTop);
            sign->setContentsMargins(0, 2, 0, 0);
        }
        sign->setFixedWidth(20);
        row->addWidget(sign);
        row->addWidget(new Label(breakable(shown(line)), Label::Kind::Value, Tone::Plain, card), 1);
        card->body()->addLayout(row);
    }
    m_lists->addWidget(card);
}

void PlanCard::addConfirmation()
{
    if (m_plan.effect != ActionEffect::Destroys && m_plan.effect != ActionEffect::Irreversible)
        return;
    auto *card = new Card({}, this);
    card->setTone(m_plan.effect == ActionEffect::Irreversible ? Tone::Negative : Tone::Warning);
    const QString consequence = m_plan.consequences.empty() ? meaningOf(m_plan.effect) : shown(m_plan.consequences.front());
    if (m_plan.effect == ActionEffect::Irreversible) {
        const QString title = bareTitle(m_plan.title);
        auto *ask = new Label(
            tr("This can never be undone. %1\nType “%2” to do it:").arg(consequence, title), Label::Kind::Value, Tone::Plain, card);
        card->body()->addWidget(ask);
        m_typed = new QLineEdit(card);
        m_typed->setObjectName(u"confirmTyped"_s);
        m_typed->setAccessibleName(tr("Type “%1” to do it").arg(title));
        m_typed->setPlaceholderText(title);
        connect(m_typed, &QLineEdit::textChanged, this, &PlanCard::confirmedChanged);
        card->body()->addWidget(m_typed);
    } else {
        auto *row = new QHBoxLayout;
        row->setSpacing(10);
        m_mark = new QCheckBox(card);
        m_mark->setObjectName(u"confirmMark"_s);
        m_mark->setAccessibleName(tr("Do it all the same: %1").arg(consequence));
        row->addWidget(m_mark, 0, Qt::AlignTop);
        auto *text =
            new Label(tr("&Do it all the same: %1").arg(QString(consequence).replace(u'&', u"&&"_s)), Label::Kind::Body, Tone::Plain, card);
        text->setBuddy(m_mark);
        row->addWidget(text, 1);
        connect(m_mark, &QCheckBox::toggled, this, &PlanCard::confirmedChanged);
        card->body()->addLayout(row);
    }
    layout()->addWidget(card);
}

QString PlanCard::missing() const
{
    if (m_mark && !m_mark->isChecked())
        return tr("Mark first that you want what is lost to be lost.");
    if (m_typed && m_typed->text().trimmed().compare(bareTitle(m_plan.title), Qt::CaseInsensitive) != 0)
        return tr("Type “%1” first: this can never be undone.").arg(bareTitle(m_plan.title));
    return {};
}

bool PlanCard::isConfirmed() const
{
    return missing().isEmpty();
}

} // namespace kastellan::ui
