// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/launch/sandbox.h"

#include "core/base/file.h"
#include "sev-backend/confine/landlock.h"
#include "sev-backend/launch/namespaces.h"
#include "sev-backend/launch/process.h"

namespace kastellan::sev {
namespace {

void join(std::string &text, std::string_view part)
{
    text += (text.empty() ? "" : ", ") + std::string(part);
}

Finding isolation(std::int64_t pid)
{
    Finding finding;
    finding.id = "sandbox.isolation";
    finding.area = "sandbox";
    finding.required = true;
    finding.expected = "own namespaces (user, mnt, pid, net, ipc, uts), Landlock, seccomp, no new privileges";
    finding.why = "On the emulated host a keep is a process. The sandbox keeps it from what it could otherwise reach on this machine.";
    finding.source = "docs/threat-model.md";

    std::string own, shared, unseen;
    for (const char *name : keepNamespaces) {
        const std::string theirs = process::namespaceOf(std::to_string(pid), name), ours = process::namespaceOf("self", name);
        join(theirs.empty() || ours.empty() ? unseen : theirs == ours ? shared : own, name);
    }
    const auto seccomp = process::statusField(pid, "Seccomp"), privileges = process::statusField(pid, "NoNewPrivs");
    std::string missing;
    if (!shared.empty())
        missing = "namespaces shared with this machine: " + shared;
    if (seccomp && *seccomp != "2")
        join(missing, "no seccomp filter");
    if (privileges && *privileges != "1")
        join(missing, "new privileges allowed");
    if (!missing.empty()) {
        finding.outcome = Outcome::Fail;
        finding.actual = missing;
        finding.remedy = "Launch without --no-sandbox.";
    } else if (!unseen.empty() || !seccomp || !privileges) {
        finding.outcome = Outcome::Unknown;
        finding.actual = "the process cannot be looked at";
        finding.remedy = "It may have ended: see the keep's log.";
    } else {
        finding.outcome = Outcome::Pass;
        // Landlock cannot be seen from outside. It is set before the seccomp filter that is seen, and nothing is executed without it.
        finding.actual = "own namespaces (" + own + "), Landlock version " + std::to_string(landlock::version())
            + ", seccomp allow-list, no new privileges";
    }
    return finding;
}

Finding users(std::int64_t pid)
{
    Finding finding;
    finding.id = "sandbox.users";
    finding.area = "sandbox";
    finding.outcome = Outcome::Info;
    finding.required = false;
    finding.expected = "user ids of their own for warden and runner";
    finding.why = "With ids of their own, even a runner that was taken over cannot reach into the warden, which holds the keys.";
    finding.source = "docs/threat-model.md";
    const auto map = readFile("/proc/" + std::to_string(pid) + "/uid_map", 65536);
    const auto ranges = map ? parseIdMap(asText(*map)) : std::vector<IdRange>{};
    if (ranges.size() == 2 && ranges[0].inner == wardenId && ranges[1].inner == runnerId)
        finding.actual =
            "warden is user " + std::to_string(ranges[0].outer) + " of this machine, runner is user " + std::to_string(ranges[1].outer);
    else if (ranges.size() == 1 && ranges[0].inner == wardenId)
        finding.actual =
            "warden and runner share user " + std::to_string(ranges[0].outer) + " of this machine; seccomp and Landlock part them";
    else
        finding.actual = "warden and runner run as user " + process::statusField(pid, "Uid").value_or("unknown").substr(0, 10);
    return finding;
}

} // namespace

std::vector<Finding> sandboxFindings(std::int64_t pid)
{
    return {isolation(pid), users(pid)};
}

} // namespace kastellan::sev
