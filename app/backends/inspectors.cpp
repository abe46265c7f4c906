// SPDX-License-Identifier: Apache-2.0
#include "app/backends/inspectors.h"

#include "app/backends/added_hosts.h"
#include "sev-backend/readiness/inspectors.h"

namespace kastellan {

Result<std::shared_ptr<HostInspector>> makeInspector(const HostRegistry &hosts, std::string_view host)
{
    // One that was added keeps what is found for the next list.
    if (const auto added = addedHost(host); added && *added)
        if (auto inspector = (*added)->inspector())
            return inspector;
    KASTELLAN_ASSIGN(const auto found, hosts.find(host));
    if (auto inspector = found->inspector())
        return inspector;
    return environment("look at a host", std::string(host), "this version can't look at it");
}

Result<std::shared_ptr<HostInspector>> makeRecordingInspector(std::string_view recording, std::string_view name)
{
    return sev::makeRecordingInspector(recording, name);
}

} // namespace kastellan
