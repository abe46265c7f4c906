// SPDX-License-Identifier: Apache-2.0
#include "ui/keep/machine_facts.h"

#include "core/keeps/forwarded_port.h"
#include "core/keeps/technology.h"
#include "ui/text.h"
#include "ui/widgets/card.h"

#include <QCoreApplication>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("kastellan::ui::MachineFacts", text);
}

QString networkInWords(const MachineRequest &request)
{
    if (request.network == "none")
        return tr("none");
    if (request.network.starts_with("bridge:"))
        return tr("the host's bridge %1").arg(shownLine(request.network.substr(7)));
    QStringList ports;
    for (const ForwardedPort &port : request.ports)
        ports += shownLine(toText(port));
    return ports.isEmpty() ? tr("user-mode") : tr("user-mode, forwarded: %1").arg(ports.join(u", "_s));
}

} // namespace

QString technologyName(std::string_view technology)
{
    return technology == "none" ? tr("none: launched without evidence") : shownLine(technologyTitle(technology));
}

bool isCluster(std::string_view host)
{
    return host.starts_with("kubevirt://");
}

QString domainTitle(std::string_view host)
{
    return isCluster(host) ? tr("YAML of the VirtualMachineInstance") : tr("Domain XML");
}

QString domainLanguage(std::string_view host)
{
    return isCluster(host) ? u"YAML"_s : u"XML"_s;
}

void addMachineFacts(FactList &facts, const MachinePlan &machine)
{
    facts.add(tr("Technology"),
        machine.request.rehearse ? tr("%1, rehearsed with emulated firmware").arg(technologyName(machine.technology))
                                 : technologyName(machine.technology));
    facts.add(tr("Processors"), tr("%1, model %2").arg(machine.request.vcpus).arg(shownLine(machine.cpuModel)));
    facts.add(tr("Memory"), bytesText(machine.memoryMiB << 20));
    facts.add(tr("Network"), networkInWords(machine.request));
    if (!machine.request.firmware.empty())
        facts.add(tr("Firmware"), shownLine(machine.request.firmware));
    if (!machine.request.image.empty())
        facts.add(tr("Keep image"), shownLine(machine.request.image));
    if (machine.request.whole) {
        const MachineImage &image = *machine.request.whole;
        const std::pair<QString, const std::string &> parts[] = {{tr("Kernel"), image.kernel}, {tr("Initial RAM disk"), image.initrd},
            {tr("Command line"), image.commandLine}, {tr("Disk"), image.disk}};
        for (const auto &[name, value] : parts)
            if (!value.empty())
                facts.add(name, shownLine(value));
    }
}

} // namespace kastellan::ui
