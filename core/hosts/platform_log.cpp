// SPDX-License-Identifier: Apache-2.0
#include "core/hosts/platform_log.h"

#include "core/storage/record_store.h"

#include <array>
#include <chrono>

#include <pwd.h>
#include <unistd.h>

namespace kastellan {
namespace {

constexpr std::size_t longestArgument = 200;

Status log(const std::string &host, const ActionPlan &plan, const std::string &outcome)
{
    ActivityEntry entry;
    entry.at = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    entry.who = whoRunsThis();
    entry.what = "platform " + plan.action;
    entry.subject = host;
    // Paths and numbers: no action takes a secret as an argument.
    for (const auto &[name, value] : plan.arguments)
        entry.subject += ", " + name + (value.empty() ? "" : "=" + value.substr(0, longestArgument));
    entry.outcome = outcome;
    KASTELLAN_ASSIGN(const auto store, RecordStore::open());
    return store->logActivity(entry);
}

} // namespace

std::string whoRunsThis()
{
    passwd entry{}, *found = nullptr;
    std::array<char, 4096> room{};
    const uid_t id = ::geteuid();
    return ::getpwuid_r(id, &entry, room.data(), room.size(), &found) == 0 && found ? found->pw_name : "uid " + std::to_string(id);
}

Result<ActionOutcome> performAndLog(
    PlatformControl &platform, const ActionPlan &plan, const Progress &progress, std::stop_token stop, Status *notLogged)
{
    auto outcome = platform.perform(plan, progress, std::move(stop));
    if (plan.effect == ActionEffect::Reads && outcome && outcome->files.empty())
        return outcome;
    Status logged = log(platform.host(), plan, outcome ? "done: " + outcome->summary : "failed: " + outcome.error().message());
    if (notLogged)
        *notLogged = std::move(logged);
    return outcome;
}

} // namespace kastellan
