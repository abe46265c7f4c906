// SPDX-License-Identifier: Apache-2.0
#include "app/backends/automatic_launch.h"

#include "app/backends/added_hosts.h"
#include "core/keeps/keep_client.h"
#include "core/logs/keep_log.h"
#include "core/storage/record_store.h"

#include <algorithm>
#include <map>

namespace kastellan {
namespace {

constexpr const char *what = "choose a host";

/// What a host said, on one line and harmless.
std::string inLine(std::string_view text)
{
    std::string line = makeVisible(text);
    std::ranges::replace(line, '\n', ' ');
    return line;
}

/// Why no keep is ever launched on a host without its being named; empty where one may be.
std::string launchesNot(std::string_view id)
{
    if (id == "local")
        return "Keeps are launched through libvirt: 'keepctl host add qemu:///system' puts this computer's on the list.";
    if (id.starts_with("ssh://"))
        return "It can only be looked at; keeps are launched through libvirt: add its qemu+ssh:// address.";
    if (id.starts_with("kubevirt://"))
        return "Keeps in a cluster can't prove what runs in them, so none is chosen automatically.";
    return id.contains("://") ? "" : "No keep can be launched there.";
}

/// The TCB that the newest good evidence of a host reports, and its record.
void fillTcb(HostCandidate &candidate, RecordStore &store, const std::vector<RecordSummary> &records, const EvidenceBackend &backend)
{
    const auto newest = std::ranges::find_if(records, [&](const RecordSummary &record) {
        return record.host == candidate.id && !record.emulated && (record.verdict == "trusted" || record.verdict == "authentic");
    });
    if (newest == records.end())
        return;
    const auto record = store.get(newest->id);
    const auto view = record ? backend.describe(record->evidence) : std::unexpected(record.error());
    if (!view)
        return;
    const auto reported = std::ranges::find(view->tcb, "reported", &TcbColumn::name);
    if (reported == view->tcb.end())
        return;
    for (const auto &level : reported->levels)
        candidate.tcb.emplace_back(level.name, level.value);
    candidate.tcbRecord = newest->id;
}

Result<std::vector<HostCandidate>> candidatesFor(const HostDemand &demand, const HostRegistry &hosts, const EvidenceBackend &backend,
    const Progress &progress, const std::stop_token &stop)
{
    KASTELLAN_TRY(knownHosts()); // a list that can't be read is no empty list
    std::map<std::string, std::size_t> running;
    for (const KeepStatus &status : keeps::list())
        if (!isFinal(status.state))
            ++running[status.plan.host];
    std::vector<HostCandidate> candidates;
    std::vector<std::string> addresses;
    for (const auto &host : hosts.hosts()) {
        const HostInfo info = host->info();
        HostCandidate candidate;
        candidate.id = info.id;
        candidate.name = info.name == info.id ? "" : info.name;
        candidate.emulated = info.emulated;
        candidate.launchesNot = info.emulated ? "" : launchesNot(info.id);
        if (const auto count = running.find(info.id); count != running.end())
            candidate.keeps = count->second;
        if (!candidate.emulated && candidate.launchesNot.empty())
            addresses.push_back(candidate.id);
        candidates.push_back(std::move(candidate));
    }
    const auto looks = lookAtHosts(addresses, {}, progress, stop);
    if (stop.stop_requested())
        return fail(ErrorKind::Cancelled, what, {}, "it was interrupted");
    std::vector<std::pair<std::string, HostLook>> found;
    for (std::size_t i = 0; i < looks.size(); ++i) {
        found.emplace_back(addresses[i], looks[i]);
        std::ranges::find(candidates, addresses[i], &HostCandidate::id)->look = looks[i];
    }
    KASTELLAN_TRY(storeHostLooks(found));
    if (!demand.minimumTcb.empty()) {
        KASTELLAN_ASSIGN(const auto store, RecordStore::open());
        KASTELLAN_ASSIGN(const auto records, store->list({}, 10'000));
        for (auto &candidate : candidates)
            fillTcb(candidate, *store, records, backend);
    }
    return candidates;
}

} // namespace

Result<AutomaticLaunch> planAutomatically(
    LaunchRequest request, const HostRegistry &hosts, const EvidenceBackend &backend, const Progress &progress, const std::stop_token &stop)
{
    if (request.machine.rehearse || request.machine.unattested)
        return badInput(what, request.machine.rehearse ? "--rehearse" : "--unattested",
            "a host that is chosen automatically protects its keep, and this gives that up", "Name the host: --host HOST.");
    const std::string demanded = request.machine.technology;
    const HostDemand demand{demanded, request.minimumTcb};
    KASTELLAN_ASSIGN(const auto candidates, candidatesFor(demand, hosts, backend, progress, stop));
    auto reasons = rankHosts(demand, candidates);
    std::optional<Error> first;
    for (std::size_t i = 0; i < reasons.size() && reasons[i].fits; ++i) {
        KASTELLAN_ASSIGN(const auto host, hosts.find(reasons[i].id));
        request.host = reasons[i].id;
        request.machine.technology = reasons[i].technology; // what it said, and not less when it is asked again
        auto plan = makePlan(request, *host, progress, stop);
        if (plan) {
            std::ranges::rotate(
                reasons.begin(), reasons.begin() + static_cast<std::ptrdiff_t>(i), reasons.begin() + static_cast<std::ptrdiff_t>(i) + 1);
            return AutomaticLaunch{std::move(*plan), std::move(reasons)};
        }
        if (plan.error().kind == ErrorKind::Cancelled)
            return std::unexpected(plan.error());
        if (!first)
            first = plan.error();
        reasons[i].fits = false;
        reasons[i].why = "It is ready, and the launch can't be planned there: " + plan.error().why;
        // The next ones still say that they fit, so the order of those stays.
    }
    std::string why = "none of the hosts fits";
    for (const auto &reason : reasons)
        why += "\n" + inLine(reason.id) + ": " + inLine(reason.why);
    // A workload that can't be read fails on each of them in the same way: that is the error.
    if (first && first->kind == ErrorKind::Input && std::ranges::none_of(reasons, [&](const HostReason &reason) {
            return !reason.technology.empty() && !reason.why.ends_with(first->why);
        }))
        return std::unexpected(*first);
    return environment(what, "--host auto", std::move(why) + "\nNothing was chosen.",
        "Add a host that is ready (keepctl host add ADDRESS), or demand less.");
}

} // namespace kastellan
