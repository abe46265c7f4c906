// SPDX-License-Identifier: Apache-2.0
#include "ui/wizard/chosen_host.h"

#include "ui/keep/machine_facts.h"
#include "ui/text.h"

#include <QCoreApplication>

namespace kastellan::ui {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("kastellan::ui::ChosenHost", text);
}

} // namespace

std::optional<HostInfo> chosenHost(const Workspace &workspace, const LaunchDraft &draft)
{
    if (draft.request.host == automaticHost) {
        HostInfo any;
        any.id = automaticHost;
        any.name = tr("chosen automatically").toStdString();
        any.state = "ready";
        any.machines = true;
        any.technologies = {"snp", "es", "sev"};
        return any;
    }
    const HostInfo *host = workspace.directory.host(QString::fromStdString(draft.request.host));
    return host ? std::optional(*host) : std::nullopt;
}

QString cannotLaunch(const HostInfo &host, const LaunchDraft &draft)
{
    if (!host.machines && draft.request.machine.whole)
        return tr("A whole virtual machine needs a host that starts some: a libvirt connection or a cluster.");
    if (host.machines || host.state == "ready")
        return {};
    return tr("This host is not ready: %1").arg(shown(host.why));
}

bool saysWhatItOffers(const HostInfo &host)
{
    return host.state != "unknown" || !host.technologies.empty();
}

bool onlyUnattested(const HostInfo &host)
{
    return host.machines && saysWhatItOffers(host) && host.technologies.empty() && !host.rehearses;
}

} // namespace kastellan::ui
