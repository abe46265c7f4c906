// SPDX-License-Identifier: Apache-2.0
#include "core/keeps/keeps_json.h"

#include <limits>

namespace kastellan {
namespace js {
namespace {

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

} // namespace

Out toJson(const LaunchPlan &plan)
{
    Out image = Out::array();
    for (const auto &file : plan.image)
        image.push_back({{"path", file.path}, {"mode", file.mode}, {"size", file.size}, {"sha256", toHex(file.sha256.view())}});
    return {
        {"keep", toHex(plan.id.view())},
        {"name", plan.name},
        {"host", plan.host},
        {"protection", plan.protection},
        {"workload", plan.workload},
        {"workload_sha256", toHex(plan.workloadDigest.view())},
        {"configuration", plan.configuration},
        {"args", plan.args},
        {"secrets", plan.secretNames},
        {"image", std::move(image)},
        {"expected", toJson(plan.expected)},
        {"owner_key", plan.ownerKey},
        {"policy", plan.policy},
        {"execution", plan.execution},
        {"attest_only", plan.attestOnly},
        {"no_sandbox", plan.noSandbox},
        {"reattest_seconds", plan.reattestSeconds},
        {"stop_on_failed_attestation", plan.stopOnFailedAttestation},
        {"created", plan.created},
        {"machine", plan.machine ? toJson(*plan.machine) : Out(nullptr)},
    };
}

Result<LaunchPlan> planFrom(const In &value, const std::string &where)
{
    Object object(value, where);
    LaunchPlan plan;
    plan.id = object.fixedRequired<KeepId>("keep");
    plan.name = object.text("name");
    plan.host = object.text("host");
    plan.protection = object.textOr("protection");
    plan.workload = object.text("workload");
    plan.workloadDigest = object.fixedRequired<Sha256>("workload_sha256");
    plan.configuration = object.text("configuration");
    plan.args = object.texts("args");
    plan.secretNames = object.texts("secrets");
    object.each("image", [&](const In &item, const std::string &place) -> Status {
        Object file(item, place);
        MeasuredFile measured;
        measured.path = file.text("path");
        measured.mode = static_cast<std::uint32_t>(file.integerOr("mode", 0644, 0, 07777));
        measured.size = static_cast<std::uint64_t>(file.integer("size", 0, most));
        measured.sha256 = file.fixedRequired<Sha256>("sha256");
        plan.image.push_back(std::move(measured));
        return file.status();
    });
    if (const In *expected = object.find("expected")) {
        auto values = referenceValuesFrom(*expected, object.place("expected"));
        if (values)
            plan.expected = std::move(*values);
        else
            object.also(std::unexpected(values.error()));
    } else {
        object.wrong("expected", "it is missing");
    }
    plan.ownerKey = object.text("owner_key");
    plan.policy = static_cast<std::uint64_t>(object.integer("policy", 0, most));
    plan.execution = object.textOr("execution", "auto");
    plan.attestOnly = object.flagOr("attest_only", false);
    plan.noSandbox = object.flagOr("no_sandbox", false);
    plan.reattestSeconds = static_cast<unsigned>(object.integerOr("reattest_seconds", 0, 0, std::numeric_limits<int>::max()));
    plan.stopOnFailedAttestation = object.flagOr("stop_on_failed_attestation", false);
    plan.created = object.integerOr("created", 0, 0, most);
    if (const In *machine = object.find("machine"); machine && !machine->is_null()) {
        auto planned = machinePlanFrom(*machine, object.place("machine"));
        if (planned)
            plan.machine = std::move(*planned);
        else
            object.also(std::unexpected(planned.error()));
    }
    KASTELLAN_TRY(object.status());
    return plan;
}

Out toJson(const KeepStatus &status, bool live)
{
    Out timeline = Out::array();
    for (const auto &[state, at] : status.timeline)
        timeline.push_back({{"state", name(state)}, {"at_ms", at}});
    Out out = {
        {"keep", toHex(status.plan.id.view())},
        {"name", status.plan.name},
        {"state", name(status.state)},
        {"verdict", status.verdict},
        {"emulated", status.emulated},
        {"reason", status.reason},
        {"since", status.since},
        {"timeline", std::move(timeline)},
        {"exit_code", status.exitCode ? Out(*status.exitCode) : Out(nullptr)},
        {"trap", status.trap},
        {"records", status.records},
        {"loader", {{"pid", status.loaderPid}, {"start", status.loaderStart}}},
        {"warden", {{"pid", status.wardenPid}, {"start", status.wardenStart}}},
        {"log_bytes", status.logBytes},
        {"execution", status.execution},
        {"plan", js::toJson(status.plan)},
    };
    if (live) {
        out["loader"]["alive"] = status.loaderAlive;
        out["warden"]["alive"] = status.wardenAlive;
    }
    return out;
}

Result<KeepStatus> statusFrom(const In &value, const std::string &where)
{
    Object object(value, where);
    KeepStatus status;
    const auto state = [](Object &from, const char *key) {
        const std::string text = from.text(key);
        const auto known = keepStateFromName(text);
        if (!known && from.status())
            from.wrong(key, "'" + text + "' is not a state of a keep");
        return known.value_or(KeepState::Failed);
    };
    status.state = state(object, "state");
    status.verdict = object.textOr("verdict");
    status.emulated = object.flagOr("emulated", false);
    status.reason = object.textOr("reason");
    status.since = object.integerOr("since", 0, 0, most);
    object.each("timeline", [&](const In &item, const std::string &place) -> Status {
        Object entry(item, place);
        const KeepState entered = state(entry, "state");
        status.timeline.emplace_back(entered, entry.integer("at_ms", 0, most));
        return entry.status();
    });
    if (const In *code = object.find("exit_code"); code && !code->is_null())
        status.exitCode = static_cast<int>(object.integer("exit_code", std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
    status.trap = object.textOr("trap");
    status.records = object.texts("records");
    const auto process = [&](const char *key, std::int64_t &pid, std::uint64_t &start, bool &alive) {
        if (const In *found = object.find(key)) {
            Object entry(*found, object.place(key));
            pid = entry.integerOr("pid", 0, 0, most);
            start = static_cast<std::uint64_t>(entry.integerOr("start", 0, 0, most));
            alive = entry.flagOr("alive", false);
            object.also(entry.status());
        }
    };
    process("loader", status.loaderPid, status.loaderStart, status.loaderAlive);
    process("warden", status.wardenPid, status.wardenStart, status.wardenAlive);
    status.logBytes = static_cast<std::uint64_t>(object.integerOr("log_bytes", 0, 0, most));
    status.execution = object.textOr("execution");
    if (const In *found = object.find("plan")) {
        auto plan = planFrom(*found, object.place("plan"));
        if (plan)
            status.plan = std::move(*plan);
        else
            object.also(std::unexpected(plan.error()));
    } else {
        object.wrong("plan", "it is missing");
    }
    KASTELLAN_TRY(object.status());
    return status;
}

} // namespace js

std::string toJson(const LaunchPlan &plan)
{
    return js::dump(js::toJson(plan), 2);
}

Result<LaunchPlan> planFromJson(std::string_view json)
{
    KASTELLAN_ASSIGN(const js::In value, js::parse(json, "a launch plan"));
    return js::planFrom(value, "plan");
}

std::string toJson(const KeepStatus &status)
{
    return js::dump(js::toJson(status, false), 2);
}

Result<KeepStatus> statusFromJson(std::string_view json)
{
    KASTELLAN_ASSIGN(const js::In value, js::parse(json, "a keep's status"));
    return js::statusFrom(value, "status");
}

} // namespace kastellan
