// SPDX-License-Identifier: Apache-2.0
#include "ui/wizard/host_step.h"

#include "ui/host/add_host_dialog.h"
#include "ui/keep/machine_facts.h"
#include "ui/text.h"
#include "ui/theme/icons.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/choice_card.h"
#include "ui/widgets/labels.h"
#include "ui/wizard/chosen_host.h"

#include <QButtonGroup>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

/// What a launch on a host that is not ready would be worth.
QString worthOf(const HostInfo &host)
{
    if (!host.machines)
        return {};
    if (isCluster(host.id))
        return HostStep::tr("What runs in a cluster can't be proven today: the verdict is undecided, and nothing is delivered.");
    if (host.state == "ready")
        return {};
    if (host.rehearses)
        return HostStep::tr("A launch can be rehearsed here: the same steps, with emulated firmware.");
    if (!saysWhatItOffers(host))
        return HostStep::tr("It is asked what it offers when the plan is made.");
    return onlyUnattested(host)
        ? HostStep::tr("Launches here are without evidence alone: nothing proves what runs, and no secret is ever sent.")
        : QString();
}

} // namespace

HostStep::HostStep(Workspace &space, LaunchDraft &choices, MessageBar &bar, QWidget *parent)
    : WizardStep(space, choices, bar, parent)
    , m_list(new QVBoxLayout)
    , m_group(new QButtonGroup(this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(10);
    m_list->setSpacing(10);
    layout->addLayout(m_list);
    auto *add = new QPushButton(icon(u"add"_s), tr("&Add a host…"), this);
    add->setObjectName(u"wizardAddHost"_s);
    add->setAutoDefault(false);
    layout->addWidget(add, 0, Qt::AlignLeading);
    layout->addStretch(1);
    connect(add, &QPushButton::clicked, this, [this] {
        auto *dialog = new AddHostDialog(workspace(), window());
        connect(dialog, &AddHostDialog::added, this, [this](const QString &id) {
            choose(id);
            workspace().directory.refreshHosts();
        });
        dialog->open();
    });
    connect(&space.directory, &Directory::hostsChanged, this, &HostStep::show);
    connect(m_group, &QButtonGroup::buttonToggled, this, [this](QAbstractButton *button, bool on) {
        if (on)
            choose(button->property("host").toString());
    });
    show();
}

void HostStep::enter()
{
    workspace().directory.refreshHosts();
}

void HostStep::choose(const QString &id)
{
    if (draft().request.host == id.toStdString())
        return;
    draft().request.host = id.toStdString();
    draft().undecidedAccepted = false;
    if (const HostInfo *host = workspace().directory.host(id); host && !host->machines) { // what was asked of another host's machine
        const auto whole = draft().request.machine.whole;
        draft().request.machine = {};
        draft().request.machine.whole = whole;
    }
    touch();
}

void HostStep::add(ChoiceCard *card, const QString &id, const QString &whyNot)
{
    card->setCheckable(true);
    card->setProperty("host", id);
    card->setObjectName(u"host-"_s + id);
    card->setEnabled(whyNot.isEmpty());
    card->setToolTip(whyNot);
    m_group->addButton(card);
    m_list->addWidget(card);
    if (id.toStdString() == draft().request.host && whyNot.isEmpty())
        card->setChecked(true);
}

ChoiceCard *HostStep::automaticCard()
{
    auto *card = new ChoiceCard(u"host"_s, tr("The best of the hosts"),
        tr("Every libvirt host of the list is looked at when the plan is made, and the one with the strongest protection and the fewest "
           "keeps is "
           "taken. Never an emulated one, never a rehearsal, never less than is demanded. The plan says why, and why not the others."),
        this);
    card->setBadges({{u"run"_s, tr("automatic"), Tone::Accent}});
    return card;
}

ChoiceCard *HostStep::cardOf(const HostInfo &host)
{
    QStringList lines;
    if (!host.platform.empty())
        lines += shown(host.platform);
    if (!host.why.empty())
        lines += shown(host.why);
    if (host.state != "ready" && !host.remedy.empty() && !isCluster(host.id))
        lines += tr("What to do: %1").arg(shown(host.remedy));
    if (const QString worth = worthOf(host); !worth.isEmpty())
        lines += worth;
    if (host.emulated)
        lines += emulatedMeaning();
    auto *card = new ChoiceCard(u"host"_s, shownLine(host.name.empty() ? host.id : host.name), lines.join(u'\n'), this);
    QList<Sign> badges{hostSign(host.state)};
    if (onlyUnattested(host))
        badges += {u"shield-question"_s, tr("no evidence"), Tone::Warning};
    if (host.emulated)
        badges += {u"emulated"_s, tr("EMULATED"), Tone::Emulated};
    card->setBadges(badges);
    return card;
}

void HostStep::show()
{
    while (QLayoutItem *item = m_list->takeAt(0)) {
        if (auto *button = qobject_cast<QAbstractButton *>(item->widget()))
            m_group->removeButton(button);
        if (QWidget *widget = item->widget()) {
            widget->hide();
            widget->deleteLater();
        }
        delete item;
    }
    const auto &hosts = workspace().directory.hosts();
    // The best of one is that one; and a cluster is never chosen by itself.
    const auto choosable =
        std::ranges::count_if(hosts, [](const HostInfo &host) { return host.machines && !host.emulated && !isCluster(host.id); });
    if (choosable > 0)
        add(automaticCard(), QString::fromLatin1(automaticHost.data(), automaticHost.size()), {});
    for (const HostInfo &host : hosts)
        add(cardOf(host), QString::fromStdString(host.id), cannotLaunch(host, draft()));
    if (hosts.empty())
        m_list->addWidget(new Label(workspace().directory.isLoaded() ? tr("No host is known.") : tr("Looking at the hosts…"),
            Label::Kind::Body, Tone::Muted, this));
    Q_EMIT changed();
}

QString HostStep::summary() const
{
    const auto host = chosenHost(workspace(), draft());
    return host ? shownLine(host->name) : QString();
}

QString HostStep::missing() const
{
    const auto host = chosenHost(workspace(), draft());
    return host ? cannotLaunch(*host, draft()) : tr("Choose a host first.");
}

} // namespace kastellan::ui
