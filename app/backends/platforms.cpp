// SPDX-License-Identifier: Apache-2.0
#include "app/backends/platforms.h"

#include "sev-backend/firmware/firmware_control.h"
#include "sev-backend/firmware/libvirt_platform.h"

namespace kastellan {

Result<std::shared_ptr<PlatformControl>> makePlatform(const HostRegistry &hosts, std::string_view host)
{
    const char *what = "manage the platform";
    if (host.starts_with("ssh://"))
        return badInput(what, std::string(host), "platforms are managed on the host itself",
            "Run keepctl there: ssh HOST keepctl host status. 'keepctl host check' looks at hosts over ssh.");
    if (host.find("://") != std::string_view::npos)
        return std::make_shared<sev::FirmwareControl>(sev::libvirtPlatform(std::string(host)));
    KASTELLAN_ASSIGN(const auto found, hosts.find(host));
    if (auto platform = found->platform())
        return platform;
    return environment(what, std::string(host), "the firmware of this host can't be reached from here", "Run keepctl on the host itself.");
}

} // namespace kastellan
