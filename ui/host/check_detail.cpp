// SPDX-License-Identifier: Apache-2.0
#include "ui/host/check_detail.h"

#include "ui/host/host_signs.h"
#include "ui/host/long_words.h"
#include "ui/host/readiness_text.h"
#include "ui/theme/icons.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/card.h"
#include "ui/widgets/labels.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QPushButton>
#include <QVBoxLayout>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

CheckDetail::CheckDetail(QWidget *parent)
    : QScrollArea(parent)
    , m_content(new QWidget(this))
{
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::NoFocus);
    setAccessibleName(tr("The chosen check"));
    auto *canvas = new QWidget(this);
    auto *outer = new QVBoxLayout(canvas);
    outer->setContentsMargins(12, 0, 4, 0);
    m_placeholder = new Label(tr("Choose a check to see what was looked at, what was there, what it means and what to do."),
        Label::Kind::Body, Tone::Muted, canvas);
    outer->addWidget(m_placeholder);
    outer->addWidget(m_content);
    outer->addStretch(1);
    auto *layout = new QVBoxLayout(m_content);
    layout->setContentsMargins(0, 0, 0, 8);
    layout->setSpacing(4);
    auto *header = new QHBoxLayout;
    auto *words = new QVBoxLayout;
    words->setSpacing(1);
    m_title = new Label({}, Label::Kind::Heading, Tone::Plain, m_content);
    m_title->setWordWrap(true);
    m_id = new Label({}, Label::Kind::Code, Tone::Muted, m_content);
    words->addWidget(m_title);
    words->addWidget(m_id);
    header->addLayout(words, 1);
    auto *all = new QPushButton(icon(u"copy"_s), {}, m_content);
    all->setFlat(true);
    all->setObjectName(u"copyCheck"_s);
    all->setAccessibleName(tr("Copy the check"));
    all->setToolTip(tr("Copy the check as text"));
    connect(all, &QPushButton::clicked, this, [this] { copy(m_text, tr("The check was copied")); });
    header->addWidget(all, 0, Qt::AlignTop);
    layout->addLayout(header);
    layout->addSpacing(2);
    auto *badges = new QHBoxLayout;
    badges->setSpacing(10);
    badges->addWidget(m_state = new Badge({}, m_content), 0, Qt::AlignTop);
    m_blocks = new Label({}, Label::Kind::Body, Tone::Muted, m_content);
    badges->addWidget(m_blocks, 1, Qt::AlignVCenter);
    layout->addLayout(badges);

    m_skippedBox = new QWidget(m_content);
    auto *skipped = new QHBoxLayout(m_skippedBox);
    skipped->setContentsMargins(0, 8, 0, 0);
    m_skipped = new Label({}, Label::Kind::Value, Tone::Plain, m_skippedBox);
    skipped->addWidget(m_skipped, 1);
    auto *show = new QPushButton(tr("&Show the cause"), m_skippedBox);
    show->setObjectName(u"showCause"_s);
    connect(show, &QPushButton::clicked, this, [this] { Q_EMIT causeWanted(m_cause); });
    skipped->addWidget(show, 0, Qt::AlignTop);
    layout->addWidget(m_skippedBox);

    m_saw = section(tr("What was there"));
    m_means = section(tr("What it means"));
    m_remedy = section(tr("What to do"));
    m_commandBox = new Card({}, m_content);
    m_commandBox->body()->setContentsMargins(12, 8, 8, 8);
    auto *line = new QHBoxLayout;
    line->setSpacing(8);
    m_command = new Label({}, Label::Kind::Code, Tone::Plain, m_commandBox);
    m_command->setAccessibleName(tr("Command"));
    line->addWidget(m_command, 1);
    auto *copyCommand = new QPushButton(icon(u"copy"_s), tr("&Copy"), m_commandBox);
    copyCommand->setObjectName(u"copyCommand"_s);
    copyCommand->setAccessibleName(tr("Copy the command"));
    connect(copyCommand, &QPushButton::clicked, this, [this] { copy(m_commandText, tr("The command was copied")); });
    line->addWidget(copyCommand, 0, Qt::AlignTop);
    m_commandBox->body()->addLayout(line);
    layout->addSpacing(4);
    layout->addWidget(m_commandBox);
    m_looked = section(tr("What was looked at"));
    m_source = section(tr("Where it is written"));
    setWidget(canvas);
    setCheck(nullptr, nullptr);
}

CheckDetail::Section CheckDetail::section(const QString &name)
{
    auto *layout = static_cast<QVBoxLayout *>(m_content->layout());
    Section made{new Label(name, Label::Kind::Small, Tone::Muted, m_content), new Label({}, Label::Kind::Value, Tone::Plain, m_content)};
    made.title->setContentsMargins(0, 8, 0, 0);
    layout->addWidget(made.title);
    layout->addWidget(made.text);
    return made;
}

void CheckDetail::fill(const Section &section, const std::string &text)
{
    section.text->setText(breakable(shown(text)));
    section.title->setVisible(!text.empty());
    section.text->setVisible(!text.empty());
}

void CheckDetail::setCheck(const ReadinessCheck *check, const Readiness *of)
{
    m_content->setVisible(check != nullptr);
    m_placeholder->setVisible(check == nullptr);
    m_text = check && of ? checkText(*check, *of) : QString();
    if (!check)
        return;
    m_title->setText(shownLine(check->title));
    m_id->setText(shownLine(check->id));
    m_state->setSign(signOf(check->state));
    const QString protections = protectionTitles(check->blocks);
    m_blocks->setText(protections.isEmpty()    ? QString()
            : check->state == CheckState::Fail ? tr("Rules out %1").arg(protections)
                                               : tr("Needed for %1").arg(protections));
    m_blocks->setTone(check->state == CheckState::Fail ? Tone::Negative : Tone::Muted);
    m_cause = QString::fromStdString(check->skippedFor);
    const ReadinessCheck *cause = of ? of->check(check->skippedFor) : nullptr;
    m_skippedBox->setVisible(check->state == CheckState::Skipped && cause);
    if (cause)
        m_skipped->setText(tr("Not looked at, because of “%1”.").arg(shownLine(cause->title)));
    fill(m_saw, check->saw);
    fill(m_means, check->means);
    fill(m_remedy, check->remedy);
    fill(m_looked, check->looked);
    fill(m_source, check->source);
    m_remedy.text->setTone(check->state == CheckState::Fail ? Tone::Negative
            : check->state == CheckState::Warning           ? Tone::Warning
                                                            : Tone::Plain);
    m_commandText = shown(check->command); // what is copied is what is seen
    const QString command = breakable(m_commandText, 40);
    m_command->setText(command);
    // Places to break at are no part of a command: what has them is copied by the button.
    m_command->setTextInteractionFlags(command == m_commandText ? Qt::TextSelectableByMouse : Qt::NoTextInteraction);
    m_commandBox->setVisible(!check->command.empty());
}

void CheckDetail::copy(const QString &text, const QString &what)
{
    QGuiApplication::clipboard()->setText(text);
    Q_EMIT said(what);
}

} // namespace kastellan::ui
