// SPDX-License-Identifier: Apache-2.0
#include "core/keeps/planner.h"

#include "core/base/digest.h"
#include "core/base/text.h"
#include "core/keeps/machine_checks.h"
#include "core/keeps/pending_keys.h"
#include "core/keeps/whole_machine.h"
#include "core/keys/keys.h"
#include "core/workload/workload.h"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace kastellan {
namespace {

/// Every secret that the configuration asks for must come, and no other may.
Status matchSecrets(const KeepConfig &config, const std::vector<std::string> &given, const std::string &where)
{
    for (const auto &name : config.secrets)
        if (std::ranges::find(given, name) == given.end())
            return badInput("plan the launch", where, "the workload asks for the secret '" + name + "', and it was not given",
                "Give it with --secret " + name + "=FILE.");
    for (const auto &name : given)
        if (std::ranges::find(config.secrets, name) == config.secrets.end())
            return badInput("plan the launch", where, "the workload does not ask for a secret '" + name + "'",
                config.secrets.empty() ? "Name it in Keep.toml: secrets = [\"" + name + "\"]."
                                       : "It asks for: " + joined(config.secrets) + ".");
    for (auto it = given.begin(); it != given.end(); ++it)
        if (std::find(std::next(it), given.end(), *it) != given.end())
            return badInput("plan the launch", where, "the secret '" + *it + "' was given twice");
    return {};
}

Result<unsigned> levelFrom(const std::string &key, const std::string &text, const std::string &where)
{
    unsigned value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size())
        return badInput("read the expectation " + key, where, "'" + text + "' is not a number");
    return value;
}

/// `expect` of Keep.toml; what the launch itself says goes before it.
Status applyExpectations(
    const KeepConfig &config, const LaunchRequest &request, LaunchPlan &plan, const std::string &where, std::vector<std::string> &roots)
{
    for (const auto &[key, value] : config.expect) {
        if (key == "digest") {
            KASTELLAN_ASSIGN(const Bytes bytes, fromHex(value));
            if (request.expectDigest || request.expectShortDigest)
                continue;
            if (bytes.size() == Sha256::size) {
                KASTELLAN_ASSIGN(plan.expected.shortLaunchDigest, Sha256::from(bytes, "the expected launch digest"));
            } else {
                KASTELLAN_ASSIGN(plan.expected.launchDigest, LaunchDigest::from(bytes, "the expected launch digest"));
            }
        } else if (key.starts_with("min_tcb.")) {
            const std::string level = key.substr(8);
            KASTELLAN_ASSIGN(const unsigned floor, levelFrom(key, value, where));
            const auto known = std::ranges::find(plan.expected.minimumTcb, level, [](const auto &pair) { return pair.first; });
            if (known == plan.expected.minimumTcb.end())
                plan.expected.minimumTcb.emplace_back(level, floor);
            else // the workload's own demand: more may be asked for, and never less
                known->second = std::max(known->second, floor);
        } else if (key == "root") {
            roots.push_back(value);
        } else if (key == "technology") {
            // The workload's own demand: the command line may ask for more, and never for less.
            if (request.machine.unattested)
                return badInput("plan the launch", where, "the workload demands " + value + ", and --unattested gives that up",
                    "Launch it where it is measured.");
            if (const auto asked = strengthOf(request.machine.technology); asked && *asked < strengthOf(value).value_or(0))
                return badInput("plan the launch", where,
                    "the workload demands " + value + ", and --technology " + request.machine.technology + " is weaker",
                    "Launch it with --technology " + value + ".");
            if (plan.machine && plan.machine->request.technology.empty())
                plan.machine->request.technology = value;
        } else if (key == "host") {
            if (value != request.host)
                return badInput("plan the launch", where,
                    "the workload is meant for the host '" + value + "', and '" + request.host + "' was chosen",
                    "Launch it there, or change expect.host.");
        } else {
            return badInput("plan the launch", where, "expect." + key + " is not known to this version");
        }
    }
    return {};
}

/// The host says whose root backs it; `expect.root` says which one the workload accepts.
Status checkRoot(const std::vector<std::string> &roots, const LaunchPlan &plan, const std::string &where)
{
    for (const auto &root : roots)
        if (root != plan.expected.root)
            return badInput("plan the launch", where,
                "the workload accepts the root '" + root + "' alone, and the host '" + plan.host + "' is backed by '" + plan.expected.root
                    + "'",
                "Launch it on another host, or change expect.root.");
    return {};
}

/// A host that starts no machines took no notice of what was asked of one; what gives up or demands protection is not passed over like
/// that.
Status settleMachine(const LaunchRequest &request, LaunchPlan &plan)
{
    if (plan.machine && !plan.machine->technology.empty())
        return checkExpectations(plan);
    plan.machine.reset();
    if (plan.expected.shortLaunchDigest)
        return badInput("plan the launch", toHex(plan.expected.shortLaunchDigest->view()),
            "a launch digest of 32 bytes is that of SEV or SEV-ES, and the host '" + request.host + "' starts no virtual machines",
            "Give the 96 hex digits that 'keepctl measure process' prints, or none.");
    if (request.machine.unattested || request.machine.rehearse)
        return badInput("plan the launch", request.machine.unattested ? "--unattested" : "--rehearse",
            "the host '" + request.host + "' starts no virtual machines", "Leave it out, or choose a libvirt connection.");
    return {};
}

} // namespace

Result<LaunchPlan> makePlan(const LaunchRequest &asked, Host &host, const Progress &progress, std::stop_token stop)
{
    LaunchRequest request = asked;
    if (request.execution != "auto" && request.execution != "interpreter" && request.execution != "aot")
        return badInput("plan the launch", {}, "'" + request.execution + "' is no way to run a module", "Use auto, interpreter or aot.");
    if (progress)
        progress("reading the workload", 0, 0);
    KASTELLAN_ASSIGN(Workload workload, request.machine.whole ? wholeWorkload(request) : loadWorkload(request.workload));
    const std::string where = workload.configFile.empty() ? workload.path.string() : workload.configFile;

    KeepConfig config = std::move(workload.config);
    config.args.insert(config.args.end(), request.args.begin(), request.args.end());
    for (const auto &[key, value] : request.env)
        config.env[key] = value;
    KASTELLAN_TRY(checkConfig(config));
    KASTELLAN_TRY(matchSecrets(config, request.secretNames, where));

    LaunchPlan plan;
    plan.id = randomFixed<KeepId>();
    plan.name = request.name.empty() ? workload.name : request.name;
    if (plan.name.empty() || plan.name.size() > 100
        || std::ranges::any_of(plan.name, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
        return badInput(
            "plan the launch", plan.name, "a keep's name has 1 to 100 characters and no control characters", "Give another with --name.");
    plan.host = request.host;
    plan.workload = workload.path.string();
    plan.workloadDigest = workload.moduleDigest;
    plan.configuration = toToml(config);
    plan.args = config.args;
    plan.secretNames = request.secretNames;
    plan.execution = request.execution;
    plan.noSandbox = request.noSandbox;
    plan.reattestSeconds = config.reattestSeconds;
    plan.stopOnFailedAttestation = config.stopOnFailedAttestation;
    plan.created = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    plan.expected.minimumTcb = request.minimumTcb;
    plan.expected.launchDigest = request.expectDigest;
    plan.expected.shortLaunchDigest = request.expectShortDigest;
    plan.expected.allowDebug = request.allowDebug;
    plan.expected.strict = request.strict;
    plan.expected.policy = request.policy;
    plan.expected.vmpl = 0;
    KASTELLAN_TRY(checkMachine(request.machine, request.machine.whole ? 0 : config.memoryLimit, request.secretNames.size()));
    plan.machine = MachinePlan{.request = request.machine, .technology = {}, .cpuModel = {}, .memoryMiB = 0, .domainXml = {}};
    std::vector<std::string> roots;
    KASTELLAN_TRY(applyExpectations(config, request, plan, where, roots));
    KASTELLAN_TRY(host.prepare(plan, progress, stop));
    KASTELLAN_TRY(settleMachine(request, plan));
    KASTELLAN_TRY(checkRoot(roots, plan, where));
    if (request.machine.whole) {
        if (!plan.machine)
            return badInput("plan the launch", request.host, "this host starts no virtual machines", "Choose a libvirt connection.");
        plan.workloadDigest = wholeDigest(plan);
    }

    if (request.ownerKey.empty()) {
        KASTELLAN_ASSIGN(auto fresh, keys::freshOwnerKey());
        plan.ownerKey = toHex(fresh.second.view());
        pending_keys::put(plan.id, std::move(fresh.first));
    } else {
        KASTELLAN_ASSIGN(const KeyInfo key, keys::show(request.ownerKey));
        if (key.use != "owner")
            return badInput("plan the launch", request.ownerKey, "it is a " + key.use + " key, and an owner key is needed",
                "Make one: keepctl keys create NAME.");
        plan.ownerKey = key.fingerprint;
    }
    return plan;
}

} // namespace kastellan
