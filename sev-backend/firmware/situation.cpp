// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/firmware/situation.h"

#include "core/keeps/keep_client.h"

#include <algorithm>

namespace kastellan::sev {
namespace {

bool runs(const KeepStatus &keep)
{
    return !isFinal(keep.state) && (keep.wardenAlive || keep.loaderAlive);
}

bool isSnp(const KeepStatus &keep)
{
    return keep.plan.protection.find("SNP") != std::string::npos;
}

/// A reset takes the keys of all guests; a new PEK, or another owner, is refused by the firmware while SEV guests run.
void consequencesFor(PlatformGuest &guest, bool snp)
{
    if (snp) {
        guest.endedBy = {"reset", "shutdown"};
        guest.disturbedBy = {"snp-config", "snp-config-reset", "snp-commit", "vlek-load"};
    } else {
        guest.endedBy = {"reset", "self-own", "import", "provision", "shutdown"};
    }
}

void addOthers(std::vector<PlatformGuest> &running, std::uint32_t count, bool snp)
{
    if (count == 0)
        return;
    PlatformGuest guest;
    guest.count = count;
    guest.name = std::to_string(count) + (snp ? " SEV-SNP guest" : " SEV guest") + (count == 1 ? " that is no keep" : "s that are no keeps")
        + " of this user";
    consequencesFor(guest, snp);
    running.push_back(std::move(guest));
}

std::vector<std::string> namesOf(const std::vector<PlatformGuest> &running, std::string_view action, auto member)
{
    std::vector<std::string> names;
    for (const auto &guest : running)
        if (std::ranges::find(guest.*member, action) != (guest.*member).end())
            names.push_back(guest.name);
    return names;
}

} // namespace

std::vector<std::string> Situation::endedBy(std::string_view action) const
{
    return namesOf(running, action, &PlatformGuest::endedBy);
}

std::vector<std::string> Situation::disturbedBy(std::string_view action) const
{
    return namesOf(running, action, &PlatformGuest::disturbedBy);
}

std::vector<PlatformGuest> runningGuests(
    const std::vector<KeepStatus> &keeps, std::string_view host, std::uint32_t sevGuests, std::uint32_t snpGuests)
{
    std::vector<PlatformGuest> running;
    for (const auto &keep : keeps) {
        if (keep.plan.host != host || !runs(keep))
            continue;
        const std::string id = toHex(keep.plan.id.view());
        const bool snp = isSnp(keep);
        PlatformGuest guest{"keep " + keep.plan.name + " (" + id.substr(0, 8) + ")", id, 1, {}, {}};
        consequencesFor(guest, snp);
        running.push_back(std::move(guest));
        std::uint32_t &counted = snp ? snpGuests : sevGuests;
        counted -= counted > 0 ? 1 : 0;
    }
    addOthers(running, sevGuests, false);
    addOthers(running, snpGuests, true);
    return running;
}

Result<Situation> lookAt(const PlatformSurroundings &host, bool mayAsk)
{
    KASTELLAN_ASSIGN(auto device, host.device());
    Situation now;
    now.platform = std::make_shared<Platform>(std::move(device));
    now.model = host.model();
    if (host.partial) {
        now.statusKnown = false;
        now.status.state = SevState::Init;
    } else {
        KASTELLAN_TRY(now.platform->permission(SevCommand::PlatformStatus));
        if (!mayAsk && now.platform->needsPrivilege(SevCommand::PlatformStatus)) {
            const SevDevice &asked = now.platform->device();
            return std::unexpected(notAllowed(SevCommand::PlatformStatus, asked.access(), asked.name()));
        }
        KASTELLAN_ASSIGN(now.status, now.platform->status());
    }
    if (auto snp = now.platform->snpStatus())
        now.snp = *snp;
    else
        now.snpError = snp.error();
    now.running = runningGuests(host.keeps ? host.keeps() : keeps::list(), host.host, now.status.guests, now.snp ? now.snp->guests : 0);
    return now;
}

} // namespace kastellan::sev
