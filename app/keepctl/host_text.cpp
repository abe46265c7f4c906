// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/host_text.h"

#include "core/evidence/json.h"
#include "core/keeps/keep_client.h"

namespace kastellan::keepctl {

std::map<std::string, std::size_t> runningKeeps()
{
    std::map<std::string, std::size_t> counts;
    for (const KeepStatus &status : keeps::list())
        if (!isFinal(status.state))
            ++counts[status.plan.host];
    return counts;
}

std::string offersText(const HostInfo &info)
{
    if (info.emulated)
        return "emulated";
    std::string text;
    for (const auto &technology : info.technologies)
        text += (text.empty() ? "" : " ") + std::string(technology == "snp" ? "SNP" : technology == "es" ? "ES" : "SEV");
    return text.empty() && info.rehearses ? "rehearsal" : text;
}

js::Out hostJson(const HostInfo &info, const KnownHost *added, std::size_t keeps)
{
    js::Out facts = js::Out::object();
    for (const auto &[label, value] : info.facts)
        facts[label] = value;
    return {{"id", info.id}, {"name", info.name}, {"state", info.state}, {"why", info.why}, {"remedy", info.remedy},
        {"platform", info.platform}, {"emulated", info.emulated}, {"machines", info.machines}, {"rehearses", info.rehearses},
        {"technologies", info.technologies}, {"keeps", keeps}, {"added", added ? js::Out(added->added) : js::Out(nullptr)},
        {"looked", added && added->look ? js::Out(added->look->time) : js::Out(nullptr)}, {"facts", std::move(facts)}};
}

} // namespace kastellan::keepctl
