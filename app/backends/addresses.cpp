// SPDX-License-Identifier: Apache-2.0
#include "app/backends/addresses.h"

#include "app/backends/looked_at_host.h"
#include "sev-backend/kubevirt/kubevirt_host.h"
#include "sev-backend/libvirt/libvirt_host.h"
#include "sev-backend/readiness/inspectors.h"

#include <cstdlib>

namespace kastellan {
namespace {

std::unexpected<Error> unknownScheme(std::string_view address)
{
    return badInput("open a host", std::string(address.substr(0, 200)), "its scheme is not known",
        "Write qemu:///system or qemu+ssh://HOST/system (libvirt), kubevirt://CONTEXT/NAMESPACE (a cluster), or ssh://HOST (to be looked "
        "at "
        "alone).");
}

} // namespace

Status checkHostAddress(std::string_view address)
{
    if (sev::isSshAddress(address)) {
        KASTELLAN_TRY(sev::sshCommand(address, {}));
        return {};
    }
    if (sev::looksLikeLibvirtUri(address))
        return sev::checkLibvirtUri(address);
    if (sev::kubevirt::isAddress(address)) {
        KASTELLAN_TRY(sev::kubevirt::parseAddress(address));
        return {};
    }
    return unknownScheme(address);
}

Result<std::shared_ptr<Host>> hostAt(std::string_view address)
{
    if (sev::isSshAddress(address)) {
        KASTELLAN_ASSIGN(auto inspector, sev::makeSshInspector(address));
        return lookedAtHost(std::string(address), std::move(inspector),
            "Keeps are launched through libvirt: add that machine's connection too, for instance qemu+ssh://"
                + std::string(address.substr(6)) + (address.ends_with('/') ? "system." : "/system."));
    }
    if (sev::looksLikeLibvirtUri(address)) {
        KASTELLAN_ASSIGN(auto uri, sev::parseLibvirtUri(address));
        sev::LibvirtHostOptions options;
        if (const char *pool = std::getenv("KASTELLAN_POOL"))
            options.pool = pool;
        if (const char *faults = std::getenv("KASTELLAN_REHEARSAL_FAULTS"))
            options.rehearsalFaults = faults;
        if (const char *log = std::getenv("KASTELLAN_REHEARSAL_LOG"))
            options.rehearsalLog = log;
        return std::make_shared<sev::LibvirtHost>(std::move(uri), std::move(options));
    }
    if (sev::kubevirt::isAddress(address)) {
        KASTELLAN_ASSIGN(auto parsed, sev::kubevirt::parseAddress(address));
        return sev::kubevirt::makeHost(std::move(parsed));
    }
    return unknownScheme(address);
}

Result<std::string> clusterDryRun(std::string_view address, const MachineRequest &request)
{
    if (!sev::kubevirt::isAddress(address))
        return badInput("show what a cluster would be asked", std::string(address.substr(0, 200)), "it is no cluster",
            "'keepctl keep domain-xml' shows what libvirt would be given, 'keepctl keep plan' what a launch would do.");
    KASTELLAN_ASSIGN(const auto parsed, sev::kubevirt::parseAddress(address));
    return sev::kubevirt::dryRun(parsed, request);
}

} // namespace kastellan
