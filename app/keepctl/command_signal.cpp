// SPDX-License-Identifier: Apache-2.0
// Commands that ask a running keep's loader for something, and wait for what comes of it.
#include "app/keepctl/activity.h"
#include "app/keepctl/appraisal_text.h"
#include "app/keepctl/commands.h"
#include "app/keepctl/find.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "core/evidence/json.h"

#include <chrono>

#include <poll.h>

namespace kastellan::keepctl {

namespace {

using Clock = std::chrono::steady_clock;

/// Hands every event to `seen` until it says that it has seen enough, the loader ends, or the time is over. Whether it has seen enough.
bool waitFor(KeepClient &client, std::chrono::seconds most, const std::function<bool(const KeepEvent &)> &seen)
{
    const auto end = Clock::now() + most;
    bool enough = false, closed = false;
    while (!enough && !closed) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
        if (left <= 0)
            break;
        pollfd fd{client.fd(), POLLIN, 0};
        if (::poll(&fd, 1, static_cast<int>(left)) <= 0)
            continue;
        client.poll([&](const KeepEvent &event) {
            closed = closed || event.kind == KeepEvent::Kind::Closed;
            enough = enough || seen(event);
        });
    }
    return enough;
}

/// A loader ends a moment after it told its last state.
Result<KeepStatus> statusNow(const KeepId &id)
{
    return keeps::status(id);
}

} // namespace

Result<int> keepStop(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const std::uint64_t grace, asked.number("grace", 10, 86'400));
    KASTELLAN_ASSIGN(KeepStatus status, findKeep(asked.operands.front()));
    const std::string id = toHex(status.plan.id.view());
    const bool ended = isFinal(status.state);
    if (!ended) {
        KASTELLAN_ASSIGN(const auto client, KeepClient::connect(status.plan.id));
        KASTELLAN_TRY(client->stop(static_cast<unsigned>(grace)));
        logActivity("stop keep", id, "asked");
        // The workload has its grace, and the host its time to take the keep away.
        waitFor(*client, std::chrono::seconds(grace + 60),
            [](const KeepEvent &event) { return event.kind == KeepEvent::Kind::Status && isFinal(event.status.state); });
        KASTELLAN_ASSIGN(status, statusNow(status.plan.id));
        if (!isFinal(status.state))
            return environment("stop the keep", id, "it has not ended in time: it is " + std::string(name(status.state)),
                "Try 'keepctl keep stop --grace 0 " + id.substr(0, 12) + "', or 'keepctl keep recover' if its loader has gone.");
    }
    if (asked.has("json"))
        printJson(statusJson(status));
    else
        note("keepctl: the keep " + id.substr(0, 12) + " (" + inLine(status.plan.name) + ") " + (ended ? "had ended already: it " : "")
            + "is " + std::string(name(status.state)) + "\n");
    return exit_code::done;
}

Result<int> keepAttest(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const KeepStatus status, findKeep(asked.operands.front()));
    if (isFinal(status.state))
        return fail(ErrorKind::Negative, "attest the keep", status.plan.name, "it has ended: it is " + std::string(name(status.state)));
    KASTELLAN_ASSIGN(const auto client, KeepClient::connect(status.plan.id));
    KASTELLAN_TRY(client->attest());
    std::string recordId, why = "no answer came in 60 seconds";
    waitFor(*client, std::chrono::seconds(60), [&](const KeepEvent &event) {
        if (event.kind == KeepEvent::Kind::Appraisal)
            recordId = event.recordId;
        else if (event.kind == KeepEvent::Kind::Error)
            why = event.text;
        else if (event.kind == KeepEvent::Kind::Closed)
            why = "its loader has ended";
        return event.kind == KeepEvent::Kind::Appraisal || event.kind == KeepEvent::Kind::Error;
    });
    if (recordId.empty())
        return fail(
            ErrorKind::Negative, "attest the keep", status.plan.name, why, "See 'keepctl keep show " + asked.operands.front() + "'.");
    KASTELLAN_ASSIGN(const auto store, RecordStore::open());
    KASTELLAN_ASSIGN(const Record record, store->get(recordId));
    if (asked.has("json")) {
        js::Out value = js::toJson(record.appraisal);
        value["keep"] = record.keep;
        value["record"] = record.id;
        printJson(value);
    } else {
        print(appraisalSummary(record.appraisal, 1) + "record " + record.id + "\n");
    }
    const bool good = record.appraisal.verdict == Verdict::Trusted || record.appraisal.verdict == Verdict::Authentic;
    return good ? exit_code::done : exit_code::negative;
}

} // namespace kastellan::keepctl
