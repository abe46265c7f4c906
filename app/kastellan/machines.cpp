// SPDX-License-Identifier: Apache-2.0
#include "app/kastellan/machines.h"

#include "app/backends/added_hosts.h"
#include "app/backends/addresses.h"
#include "app/backends/automatic_launch.h"
#include "app/backends/import_report.h"
#include "sev-backend/abi/policy.h"
#include "sev-backend/failures/failures.h"
#include "sev-backend/kubevirt/kubevirt_host.h"
#include "sev-backend/legacy/guest_policy.h"

namespace kastellan {

namespace {

constexpr unsigned legacyEs = 2; ///< the bit of SEV-ES in the policy of SEV

ui::PolicyWords policyWords(std::string_view technology)
{
    ui::PolicyWords words;
    const bool snp = technology == "snp";
    if (!snp && technology != "es" && technology != "sev")
        return words;
    // As the launch chooses where nothing is asked for: no debugging, no sharing of keys, no sending; SEV-ES where that is it.
    words.usual = snp ? sev::GuestPolicy::standard : technology == "es" ? 0xf : 0xb;
    for (const sev::FlagBit &bit : snp ? sev::GuestPolicy::bits() : sev::legacy::policyBits()) {
        const bool fixed = snp ? bit.bit == sev::GuestPolicy::MustBeOne : bit.bit == legacyEs;
        words.bits.push_back({bit.bit, std::string(bit.name), std::string(bit.set), std::string(bit.clear), fixed});
    }
    return words;
}

Result<HostLook> look(const std::string &address, const Progress &progress, const std::stop_token &stop)
{
    HostLook found = lookAtHosts({address}, {}, progress, stop).front();
    if (found.time == 0)
        return fail(ErrorKind::Cancelled, "look at the host", address, "it was cancelled");
    return found;
}

Result<KnownHost> add(const std::string &address, const std::string &name, const std::optional<HostLook> &look)
{
    KASTELLAN_TRY(checkHostAddress(address));
    KASTELLAN_ASSIGN(KnownHost added, addKnownHost(address, name));
    if (look)
        KASTELLAN_TRY(storeHostLooks({{added.id, *look}}));
    added.look = look;
    return added;
}

} // namespace

ui::HostListFunctions hostListFunctions()
{
    ui::HostListFunctions list;
    list.check = [](const std::string &address) { return checkHostAddress(address); };
    list.clusters = [] { return sev::kubevirt::contexts(); };
    list.look = look;
    list.add = add;
    list.remove = [](const std::string &address) { return removeKnownHost(address); };
    return list;
}

ui::MachineFunctions machineFunctions(std::shared_ptr<HostRegistry> hosts, std::shared_ptr<EvidenceBackend> backend)
{
    ui::MachineFunctions machines;
    machines.planAutomatically = [hosts, backend](const LaunchRequest &request, const Progress &progress,
                                     const std::stop_token &stop) -> Result<ui::AutomaticPlan> {
        KASTELLAN_ASSIGN(AutomaticLaunch chosen, planAutomatically(request, *hosts, *backend, progress, stop));
        return ui::AutomaticPlan{std::move(chosen.plan), std::move(chosen.reasons)};
    };
    machines.importReport = [backend](const KeepStatus &keep, const std::vector<std::string> &files) {
        return importedReport(keep, files, *backend);
    };
    machines.policyWords = policyWords;
    machines.explainFailure = [](std::string_view text) -> std::optional<ui::FailureWords> {
        const auto known = sev::explainFailure(text);
        if (!known)
            return {};
        return ui::FailureWords{known->what, known->why, known->remedy, known->source, known->said};
    };
    return machines;
}

} // namespace kastellan
