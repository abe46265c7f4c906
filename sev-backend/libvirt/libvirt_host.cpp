// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/libvirt/libvirt_host.h"

#include "sev-backend/firmware/firmware_control.h"
#include "sev-backend/firmware/libvirt_platform.h"
#include "sev-backend/libvirt/choice.h"
#include "sev-backend/libvirt/domain_xml.h"
#include "sev-backend/libvirt/launching.h"
#include "sev-backend/libvirt/offer.h"
#include "sev-backend/libvirt/planning.h"
#include "sev-backend/readiness/inspectors.h"

#include <mutex>

namespace kastellan::sev {

struct LibvirtHost::Private {
    LibvirtUri uri;
    LibvirtHostOptions options;
    std::mutex mutex;
    std::shared_ptr<libvirt::Connection> connection; // guarded by mutex

    Result<std::shared_ptr<libvirt::Connection>> open()
    {
        const std::lock_guard lock(mutex);
        if (!connection || !connection->alive()) {
            connection.reset();
            KASTELLAN_ASSIGN(connection, libvirt::Connection::open(uri));
        }
        return connection;
    }
};

LibvirtHost::LibvirtHost(LibvirtUri uri, LibvirtHostOptions options)
    : m_d(std::make_shared<Private>())
{
    m_d->uri = std::move(uri);
    m_d->options = std::move(options);
}

LibvirtHost::~LibvirtHost() = default;

HostInfo LibvirtHost::info() const
{
    HostInfo info;
    info.id = m_d->uri.text;
    info.name = m_d->uri.local() ? "libvirt on this computer (" + m_d->uri.path + ")" : "libvirt on " + m_d->uri.host;
    info.machines = true;
    info.state = "not ready";
    const auto connection = m_d->open();
    const auto offer = connection ? libvirt::askOffer(**connection) : Result<libvirt::Offer>(std::unexpected(connection.error()));
    if (!offer) {
        info.why = offer.error().why;
        info.remedy = offer.error().remedy;
        return info;
    }
    info.technologies = offer->technologies();
    std::string titles;
    for (const auto &technology : info.technologies)
        titles += (titles.empty() ? "" : ", ") + std::string(libvirt::titleOf(technology));
    info.platform =
        "libvirt " + offer->libvirtVersion + ", QEMU " + offer->qemuVersion + (offer->domainType == "kvm" ? ", KVM" : ", no KVM");
    info.facts = {{"Connection", m_d->uri.text}, {"Machine", offer->hostname}, {"libvirt", offer->libvirtVersion},
        {"QEMU", offer->qemuVersion + " (" + offer->emulator + ")"}, {"Acceleration", offer->domainType == "kvm" ? "KVM" : "none (TCG)"},
        {"Launch security", titles.empty() ? "none" : titles}, {"Nearest CPU model", offer->hostModel}};
    if (m_d->uri.local()) {
        const auto place = libvirt::rehearsalPlace(m_d->uri, m_d->options);
        info.rehearses = place && checkRehearsal(*place);
    }
    if (!info.technologies.empty()) {
        info.state = "ready";
        info.why = "It starts keeps as virtual machines under " + titles + ".";
        return info;
    }
    info.why = offer->domainType == "kvm" ? "Its QEMU offers no SEV." : "It has no KVM, and without that no SEV.";
    info.remedy = info.rehearses ? "Launch with --rehearse to try everything with emulated firmware, or choose another host."
                                 : "Choose another host.";
    return info;
}

Status LibvirtHost::prepare(LaunchPlan &plan, const Progress &progress, std::stop_token stop)
{
    KASTELLAN_ASSIGN(const auto connection, m_d->open());
    plan.host = m_d->uri.text;
    return libvirt::planMachine(*connection, m_d->options, plan, progress, stop);
}

Result<std::unique_ptr<RunningKeep>> LibvirtHost::start(
    const LaunchPlan &plan, const std::string &folder, const Progress &progress, std::stop_token stop)
{
    KASTELLAN_ASSIGN(auto connection, m_d->open());
    return libvirt::launchMachine(std::move(connection), m_d->options, plan, folder, progress, stop);
}

Result<std::unique_ptr<RunningKeep>> LibvirtHost::resume(const KeepStatus &status, const std::string &folder)
{
    KASTELLAN_ASSIGN(auto connection, m_d->open());
    return libvirt::resumeMachine(std::move(connection), m_d->options, status.plan, folder);
}

Status LibvirtHost::clear(const KeepStatus &status, const std::string &folder)
{
    if (left(status, folder).empty())
        return {};
    KASTELLAN_ASSIGN(const auto note, libvirt::loadNote(folder));
    KASTELLAN_ASSIGN(const auto connection, m_d->open());
    return libvirt::removeMachine(*connection, status.plan.id, note, folder);
}

std::string LibvirtHost::left(const KeepStatus &status, const std::string &folder) const
{
    std::error_code code;
    const auto file = std::filesystem::path(folder) / libvirt::machineNoteFile;
    if (!std::filesystem::exists(file, code))
        return {};
    const auto note = libvirt::loadNote(folder);
    return note ? libvirt::leftOf(*note, libvirt::domainName(status.plan.id)) : "what " + file.string() + " names, which can't be read";
}

std::shared_ptr<HostInspector> LibvirtHost::inspector()
{
    auto inspector = makeLibvirtInspector(m_d->uri.text);
    return inspector ? std::move(*inspector) : nullptr;
}

std::shared_ptr<PlatformControl> LibvirtHost::platform()
{
    return std::make_shared<FirmwareControl>(libvirtPlatform(m_d->uri.text));
}

} // namespace kastellan::sev
