// SPDX-License-Identifier: Apache-2.0
#include "ui/wizard/host_step.h"

#include "ui/text.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/choice_card.h"
#include "ui/widgets/labels.h"

#include <QButtonGroup>
#include <QVBoxLayout>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

/// A host that is not ready may still do for a rehearsal, or for a launch without evidence.
bool canLaunch(const HostInfo &host)
{
    return host.state == "ready" || (host.machines && host.rehearses);
}

} // namespace

HostStep::HostStep(Workspace &space, LaunchDraft &choices, MessageBar &bar, QWidget *parent)
    : WizardStep(space, choices, bar, parent)
    , m_list(new QVBoxLayout)
    , m_group(new QButtonGroup(this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    m_list->setSpacing(10);
    layout->addLayout(m_list);
    layout->addStretch(1);
    connect(&space.directory, &Directory::hostsChanged, this, &HostStep::show);
    connect(m_group, &QButtonGroup::buttonToggled, this, [this](QAbstractButton *button, bool on) {
        if (!on)
            return;
        draft().request.host = button->property("host").toString().toStdString();
        if (const HostInfo *host = workspace().directory.host(button->property("host").toString()); host && !host->machines)
            draft().request.machine = {}; // what was asked of another host's machine
        touch();
    });
    show();
}

void HostStep::enter()
{
    workspace().directory.refreshHosts();
}

void HostStep::show()
{
    const std::string wanted = draft().request.host;
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
    for (const HostInfo &host : hosts) {
        QStringList lines;
        if (!host.platform.empty())
            lines += shown(host.platform);
        if (!host.why.empty())
            lines += shown(host.why);
        if (host.state != "ready" && !host.remedy.empty())
            lines += tr("What to do: %1").arg(shown(host.remedy));
        if (host.state != "ready" && host.rehearses)
            lines += tr("A launch can be rehearsed here.");
        if (host.emulated)
            lines += emulatedMeaning();
        auto *card = new ChoiceCard(u"host"_s, shownLine(host.name.empty() ? host.id : host.name), lines.join(u'\n'), this);
        card->setCheckable(true);
        card->setProperty("host", QString::fromStdString(host.id));
        card->setObjectName(u"host-"_s + QString::fromStdString(host.id));
        QList<Sign> badges{hostSign(host.state)};
        if (host.emulated)
            badges += {u"emulated"_s, tr("EMULATED"), Tone::Emulated};
        card->setBadges(badges);
        card->setEnabled(canLaunch(host));
        if (!canLaunch(host))
            card->setToolTip(tr("This host is not ready: %1").arg(shown(host.why)));
        m_group->addButton(card);
        m_list->addWidget(card);
        if (host.id == wanted && canLaunch(host))
            card->setChecked(true);
    }
    if (hosts.empty())
        m_list->addWidget(new Label(workspace().directory.isLoaded() ? tr("No host is known.") : tr("Looking at the hosts…"),
            Label::Kind::Body, Tone::Muted, this));
    Q_EMIT changed();
}

QString HostStep::summary() const
{
    const HostInfo *host = workspace().directory.host(QString::fromStdString(draft().request.host));
    return host ? shownLine(host->name) : QString();
}

QString HostStep::missing() const
{
    const HostInfo *host = workspace().directory.host(QString::fromStdString(draft().request.host));
    if (!host)
        return tr("Choose a host first.");
    return canLaunch(*host) ? QString() : tr("The chosen host is not ready: %1").arg(shown(host->why));
}

} // namespace kastellan::ui
