// SPDX-License-Identifier: Apache-2.0
#include "core/hosts/choose_host.h"

#include "core/keeps/technology.h"

#include <algorithm>

namespace kastellan {
namespace {

/// 1 to 3; 0 for what is none.
int strength(std::string_view technology)
{
    return technologyStrength(technology).value_or(0);
}

std::string title(std::string_view technology)
{
    return std::string(technologyTitle(technology));
}

std::string listed(const std::vector<std::string> &technologies)
{
    std::string text;
    for (const auto &technology : technologies)
        text += (text.empty() ? "" : ", ") + title(technology);
    return text;
}

/// With which protection a keep would run there: what is demanded, else the weakest that is stronger; the strongest where nothing is
/// demanded.
std::string offered(const HostDemand &demand, const std::vector<std::string> &technologies)
{
    const int least = strength(demand.technology);
    std::string best;
    for (const auto &technology : technologies) {
        const int own = strength(technology);
        if (own == 0 || own < least)
            continue;
        if (best.empty() || (least ? own < strength(best) : own > strength(best)))
            best = technology;
    }
    return best;
}

/// The first part of the TCB that is known to be too low; empty where there is none.
std::string tooLow(const HostDemand &demand, const HostCandidate &candidate)
{
    for (const auto &[part, least] : demand.minimumTcb) {
        const auto known = std::ranges::find(candidate.tcb, part, [](const auto &pair) { return pair.first; });
        if (known != candidate.tcb.end() && known->second < least)
            return part + "=" + std::to_string(known->second) + ", and " + std::to_string(least) + " is demanded";
    }
    return {};
}

HostReason judge(const HostDemand &demand, const HostCandidate &candidate)
{
    HostReason reason{candidate.id, candidate.name, false, {}, {}};
    if (candidate.emulated) {
        reason.why = "It is emulated: it protects from nobody, and is never chosen automatically.";
    } else if (!candidate.launchesNot.empty()) {
        reason.why = candidate.launchesNot;
    } else if (!candidate.look) {
        reason.why = candidate.failure.empty() ? "It could not be looked at." : "It could not be looked at: " + candidate.failure;
    } else if (const HostLook &look = *candidate.look; look.state != "ready") {
        reason.why = "It is " + std::string(look.state == "unknown" ? "not known to be ready" : look.state)
            + (look.why.empty() ? "." : ": " + look.why)
            + (look.rehearses ? " A rehearsal could be launched there, which protects from nobody." : "");
    } else if (const std::string technology = offered(demand, look.technologies); technology.empty()) {
        reason.why = look.technologies.empty()
            ? "It offers no protection."
            : "It offers " + listed(look.technologies) + ", which is weaker than the demanded " + title(demand.technology) + ".";
    } else if (const std::string low = tooLow(demand, candidate); !low.empty()) {
        reason.why = "Its newest evidence (" + candidate.tcbRecord + ") has the TCB " + low + ".";
    } else {
        reason.fits = true;
        reason.technology = technology;
        reason.why = "It is ready and offers " + title(technology) + "; "
            + (candidate.keeps == 0 ? std::string("no keep runs")
                                    : std::to_string(candidate.keeps) + (candidate.keeps == 1 ? " keep runs" : " keeps run"))
            + " there."
            + (demand.minimumTcb.empty()    ? ""
                    : candidate.tcb.empty() ? " Its TCB is not known yet: the attestation will demand it."
                                            : " Its newest evidence has the demanded TCB.");
    }
    return reason;
}

} // namespace

std::vector<HostReason> rankHosts(const HostDemand &demand, const std::vector<HostCandidate> &candidates)
{
    struct Ranked {
        HostReason reason;
        std::size_t keeps;
    };
    std::vector<Ranked> all;
    all.reserve(candidates.size());
    for (const auto &candidate : candidates)
        all.push_back({judge(demand, candidate), candidate.keeps});
    std::ranges::stable_sort(all, [](const Ranked &a, const Ranked &b) {
        if (a.reason.fits != b.reason.fits)
            return a.reason.fits;
        if (!a.reason.fits)
            return false;
        if (const auto ours = strength(a.reason.technology), theirs = strength(b.reason.technology); ours != theirs)
            return ours > theirs;
        return a.keeps < b.keeps;
    });
    std::vector<HostReason> reasons;
    reasons.reserve(all.size());
    for (auto &one : all)
        reasons.push_back(std::move(one.reason));
    return reasons;
}

} // namespace kastellan
