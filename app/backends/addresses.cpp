// SPDX-License-Identifier: Apache-2.0
#include "app/backends/addresses.h"

#include "app/backends/looked_at_host.h"
#include "sev-backend/libvirt/uri.h"
#include "sev-backend/readiness/inspectors.h"

#if KASTELLAN_LAUNCHES_THROUGH_LIBVIRT
#include "sev-backend/libvirt/libvirt_host.h"
#endif
#if KASTELLAN_LAUNCHES_IN_CLUSTERS
#include "sev-backend/kubevirt/kubevirt_host.h"
#endif

namespace kastellan {
namespace {

std::unexpected<Error> unknownScheme(std::string_view address)
{
    return badInput("open a host", std::string(address.substr(0, 200)), "its scheme is not known",
        "Write qemu:///system or qemu+ssh://HOST/system (libvirt), ssh://HOST (readiness alone)"
#if KASTELLAN_LAUNCHES_IN_CLUSTERS
        ", or kubevirt://CONTEXT/NAMESPACE (a cluster)"
#endif
        ".");
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
#if KASTELLAN_LAUNCHES_IN_CLUSTERS
    if (sev::kubevirt::isAddress(address)) {
        KASTELLAN_TRY(sev::kubevirt::parseAddress(address));
        return {};
    }
#endif
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
#if KASTELLAN_LAUNCHES_THROUGH_LIBVIRT
        KASTELLAN_ASSIGN(auto uri, sev::parseLibvirtUri(address));
        return std::make_shared<sev::LibvirtHost>(std::move(uri));
#else
        KASTELLAN_ASSIGN(auto inspector, sev::makeLibvirtInspector(address));
        return lookedAtHost(std::string(address), std::move(inspector), "This version launches no keeps there.");
#endif
    }
#if KASTELLAN_LAUNCHES_IN_CLUSTERS
    if (sev::kubevirt::isAddress(address)) {
        KASTELLAN_ASSIGN(auto parsed, sev::kubevirt::parseAddress(address));
        return sev::kubevirt::makeHost(std::move(parsed));
    }
#endif
    return unknownScheme(address);
}

} // namespace kastellan
