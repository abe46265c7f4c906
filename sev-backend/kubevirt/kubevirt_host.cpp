// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/kubevirt/kubevirt_host.h"

#include "core/base/file.h"
#include "core/evidence/json.h"
#include "core/keeps/technology.h"
#include "sev-backend/image/vm_image.h"
#include "sev-backend/kubevirt/discovery.h"
#include "sev-backend/kubevirt/running_vmi.h"

#include <format>

namespace kastellan::sev::kubevirt {
namespace fs = std::filesystem;
namespace {

using namespace std::chrono_literals;

constexpr auto starting = "start the keep in the cluster";
constexpr auto pulling = 600s; ///< for a node, and for fetching images

std::unexpected<Error> unexpectedOf(const ApiError &error, const char *outer = nullptr)
{
    return std::unexpected(outer ? error.error.during(outer) : error.error);
}

/// The command line that belongs to the keep image of this computer; empty when there is none.
std::string imageCommandLine()
{
    const fs::path folder = defaultVmImageFolder();
    const auto text = readFile(folder / "image.json", 1 << 20);
    const auto image = text ? parseVmImage(asText(*text), folder) : Result<VmImage>(std::unexpected(text.error()));
    return image ? image->commandLine : std::string();
}

Result<Access> open(const Address &address)
{
    KASTELLAN_ASSIGN(const Kubeconfig config, loadKubeconfig());
    return resolve(config, address);
}

std::string keepName(const KeepId &id)
{
    return "keep-" + toHex(id.view());
}

/// What stands above the YAML: what is trusted, and what reaching the cluster does.
std::vector<std::string> commentsOf(const Access &access, const Vmi &vmi, const ServerSchema *schema)
{
    std::vector<std::string> comments{
        "A keep for the cluster '" + access.clusterName + "' (" + access.cluster.server + "), as " + access.address.uri() + ".",
        "Trusted: the cluster, its nodes and whoever manages them, for everything. "
            + (schema ? "Undecided: " + whyUndecided(*schema, vmi.technology) + "."
                      : std::string("KubeVirt measures no kernel and no initrd today: the verdict is undecided.")),
        "Nothing is delivered to it: no module, no configuration, no secret."};
    for (auto &note : access.notes())
        comments.push_back(std::move(note));
    return comments;
}

/// What was asked for, and is not in what the cluster made of it: a server that drops what it does not know leaves a machine unprotected.
std::optional<std::string> lost(const Vmi &vmi, const VmiState &made)
{
    const auto security = js::parse(made.launchSecurity.empty() ? "{}" : made.launchSecurity, "launchSecurity", 1 << 20);
    const std::string key = vmi.technology == "snp" ? "snp" : "sev";
    if (!security || !security->is_object() || !security->contains(key) || !(*security)[key].is_object())
        return "launchSecurity." + key;
    const auto &fields = (*security)[key];
    if (vmi.technology == "es") {
        const auto policy = fields.find("policy");
        if (policy == fields.end() || !policy->is_object() || policy->value("encryptedState", js::In()) != true)
            return "launchSecurity.sev.policy.encryptedState";
    }
    if (vmi.technology == "snp" && (!fields.contains("policy") || fields["policy"] != std::format("{:#x}", vmi.snpPolicy)))
        return "launchSecurity.snp.policy";
    return {};
}

class KubeVirtHost final : public Host {
public:
    explicit KubeVirtHost(Address address)
        : m_address(std::move(address))
    {
    }

    [[nodiscard]] HostInfo info() const override
    {
        HostInfo info;
        info.id = m_address.uri();
        info.machines = true;
        info.technologies = {"snp", "es", "sev"};
        const auto access = open(m_address);
        if (!access) {
            info.name = "Cluster " + m_address.context;
            info.state = "not ready";
            info.why = access.error().message();
            info.remedy = access.error().remedy;
            return info;
        }
        info.name = "Cluster " + access->clusterName + ", namespace " + access->address.nameSpace;
        info.platform = "KubeVirt at " + access->cluster.server;
        info.state = "unknown";
        info.why =
            "The cluster is asked when a keep is planned. KubeVirt measures no kernel today: keeps there are undecided, and nothing is "
            "delivered to them.";
        info.remedy = "'keepctl host check " + info.id + "' asks it.";
        info.facts = {{"Context", access->address.context}, {"Namespace", access->address.nameSpace}, {"Server", access->cluster.server}};
        for (const auto &note : access->notes())
            info.facts.emplace_back("Note", note);
        return info;
    }

    [[nodiscard]] Status prepare(LaunchPlan &plan, const Progress &progress, std::stop_token stop) override
    {
        KASTELLAN_ASSIGN(const Access access, open(m_address));
        MachinePlan machine = plan.machine.value_or(MachinePlan{});
        KASTELLAN_ASSIGN(Vmi vmi, vmiFor(machine.request, imageCommandLine()));
        if (progress)
            progress("asking the cluster " + access.address.uri(), 0, 0);
        Api api(access);
        const auto schema = discover(api, stop);
        if (!schema)
            return unexpectedOf(schema.error(), "plan a keep in a cluster");
        KASTELLAN_TRY(decide(vmi, machine.request, *schema));
        vmi.name = keepName(plan.id);
        vmi.nameSpace = access.address.nameSpace;
        vmi.keep = toHex(plan.id.view());
        machine.technology = vmi.technology;
        machine.cpuModel = vmi.cpuModel;
        machine.memoryMiB = vmi.memoryMiB;
        machine.domainXml = vmi.yaml(commentsOf(access, vmi, &*schema));
        // The kubeconfig's current context may be another one tomorrow.
        plan.host = access.address.uri();
        plan.protection = std::string(technologyTitle(vmi.technology)) + " in a cluster, not attested";
        plan.policy = vmi.technology == "snp" ? vmi.snpPolicy : vmi.technology == "es" ? 5 : 1;
        plan.expected.root = "amd";
        plan.machine = std::move(machine);
        return {};
    }

    [[nodiscard]] Result<std::unique_ptr<RunningKeep>> start(
        const LaunchPlan &plan, const std::string &folder, const Progress &progress, std::stop_token stop) override
    {
        KASTELLAN_ASSIGN(const Access access, open(m_address));
        const MachineRequest request = plan.machine ? plan.machine->request : MachineRequest{};
        KASTELLAN_ASSIGN(Vmi vmi, vmiFor(request, imageCommandLine()));
        auto api = std::make_shared<Api>(access);
        const auto schema = discover(*api, stop);
        if (!schema)
            return unexpectedOf(schema.error(), starting);
        if (plan.machine)
            vmi.technology = plan.machine->technology;
        MachineRequest decided = request;
        decided.technology = vmi.technology; // as planned, whatever the cluster offers by now
        KASTELLAN_TRY(decide(vmi, decided, *schema));
        vmi.name = keepName(plan.id);
        vmi.nameSpace = access.address.nameSpace;
        vmi.keep = toHex(plan.id.view());
        if (vmi.technology == "snp" && schema->snp && schema->snp->contains("hostData")) {
            KASTELLAN_ASSIGN(const Bytes owner, fromHex(plan.ownerKey));
            vmi.hostData = toBase64(owner);
        }
        return create(std::move(api), vmi, *schema, folder, request.bootSeconds, progress, stop);
    }

    [[nodiscard]] Result<std::unique_ptr<RunningKeep>> resume(const KeepStatus &status, const std::string &folder) override
    {
        KASTELLAN_ASSIGN(const Access access, open(m_address));
        auto api = std::make_shared<Api>(access);
        const auto schema = discover(*api, {});
        if (!schema)
            return unexpectedOf(schema.error(), "find the keep again");
        Call call;
        call.what = "find the keep again";
        call.resource = "virtualmachineinstances";
        call.path = vmiPath(access, keepName(status.plan.id));
        const auto answer = api->ask(call, {});
        if (!answer)
            return unexpectedOf(answer.error());
        KASTELLAN_ASSIGN(VmiState state, parseVmi(*answer));
        if (fs::exists(fs::path(folder) / vmiNoteFile)) {
            const auto known = loadVmiNote(folder);
            if (!known || (!known->uid.empty() && known->uid != state.uid))
                return fail(ErrorKind::Negative, "find the keep again", access.address.uri(),
                    "there is a virtual machine of its name, and it is another one", "The keep is gone.");
        }
        RunningVmi::Parts parts;
        parts.follower = std::make_unique<Follower>(api, std::move(state));
        parts.api = std::move(api);
        parts.schema = *schema;
        parts.technology = status.plan.machine ? status.plan.machine->technology : "snp";
        parts.folder = folder;
        return std::make_unique<RunningVmi>(std::move(parts));
    }

    [[nodiscard]] Status clear(const KeepStatus &status, const std::string &folder) override
    {
        if (!fs::exists(fs::path(folder) / vmiNoteFile))
            return {};
        const char *what = "delete the keep's virtual machine";
        KASTELLAN_ASSIGN(const VmiNote note, loadVmiNote(folder));
        if (note.name != keepName(status.plan.id))
            return environment(what, note.name, "the keep's folder names another keep's machine", "Look for it by hand: kubectl get vmi.");
        KASTELLAN_ASSIGN(const Access access, open(m_address));
        Api api(access);
        if (const auto asked = deleteVmi(api, note.name, note.uid, 0, {}); !asked)
            return unexpectedOf(asked.error());
        Call call;
        call.what = what;
        call.resource = "virtualmachineinstances";
        call.path = vmiPath(access, note.name);
        const auto answer = api.ask(call, {});
        if (!answer && answer.error().status != 404)
            return unexpectedOf(answer.error());
        if (answer) {
            KASTELLAN_ASSIGN(const VmiState state, parseVmi(*answer));
            if (note.uid.empty() || state.uid == note.uid)
                return environment(what, note.name, "the cluster took the order, and it is there still");
        }
        std::error_code code;
        fs::remove(fs::path(folder) / vmiNoteFile, code);
        return {};
    }

    [[nodiscard]] std::string left(const KeepStatus & /*status*/, const std::string &folder) const override
    {
        if (!fs::exists(fs::path(folder) / vmiNoteFile))
            return {};
        const auto note = loadVmiNote(folder);
        return "the virtual machine " + (note ? note->name : std::string("that cluster.json names")) + " in " + m_address.uri();
    }

    [[nodiscard]] std::shared_ptr<HostInspector> inspector() override { return makeInspector(m_address); }

private:
    /// The technology, held against what the server knows; never weaker than demanded.
    static Status decide(Vmi &vmi, const MachineRequest &request, const ServerSchema &schema)
    {
        const auto missing = [&](const std::string &technology) {
            return environment("plan a keep in a cluster", std::string(technologyTitle(technology)),
                "the cluster's KubeVirt has no launchSecurity." + std::string(technology == "snp" ? "snp" : "sev")
                    + ", and would start the machine without protection",
                technology == "snp" && schema.sev ? "A newer KubeVirt has it (1.7); or choose --technology es."
                                                  : "A newer KubeVirt has it.");
        };
        if (!schema.read)
            return {}; // asked for strictly: a server that does not know it refuses it
        const bool none = request.technology.empty();
        if (none)
            vmi.technology = schema.snp ? "snp" : "es";
        if (vmi.technology == "snp" ? !schema.snp : !schema.sev)
            return missing(vmi.technology);
        if (vmi.technology == "es" && !schema.sev->contains("policy"))
            return environment("plan a keep in a cluster", "SEV-ES", "the cluster's KubeVirt has no launchSecurity.sev.policy",
                "A newer KubeVirt has it; or choose --technology sev.");
        if (none && request.cpuModel.empty() && vmi.technology != "snp")
            vmi.cpuModel = "EPYC";
        if (schema.hashesKernel(vmi.technology)) {
            const auto &fields = vmi.technology == "snp" ? *schema.snp : *schema.sev;
            vmi.kernelHashes = true;
            vmi.kernelHashesType = fields.at("kernelHashes");
        }
        return {};
    }

    /// Whatever was created and does not come to its end is deleted again.
    struct Leftover {
        Api *api = nullptr;
        std::string name, uid;
        fs::path folder;
        ~Leftover()
        {
            if (!api)
                return;
            std::error_code code;
            if (deleteVmi(*api, name, uid, 0, {}))
                fs::remove(folder / vmiNoteFile, code);
        }
    };

    static Result<std::unique_ptr<RunningKeep>> create(std::shared_ptr<Api> api, const Vmi &vmi, const ServerSchema &schema,
        const fs::path &folder, unsigned bootSeconds, const Progress &progress, const std::stop_token &stop)
    {
        Call call;
        call.what = starting;
        call.method = "POST";
        call.verb = "create";
        call.resource = "virtualmachineinstances";
        // Strict: a field that the server does not know is an error, and not silently dropped.
        call.path = vmiPath(api->access()) + "?fieldManager=kastellan&fieldValidation=Strict";
        call.body = vmi.json();
        Leftover leftover;
        leftover.name = vmi.name;
        leftover.folder = folder;
        KASTELLAN_TRY(saveVmiNote(folder, {vmi.name, {}}));
        const auto answer = api->ask(call, stop);
        if (!answer && answer.error().status != 0) {
            std::error_code code;
            fs::remove(folder / vmiNoteFile, code); // it said no: nothing is there
            return unexpectedOf(answer.error());
        }
        leftover.api = api.get(); // also when no answer came: it may be there
        if (!answer)
            return unexpectedOf(answer.error());
        KASTELLAN_ASSIGN(VmiState made, parseVmi(*answer));
        if (made.name != vmi.name || made.uid.empty())
            return environment(starting, api->access().address.uri(), "the cluster answered with another object than was asked for",
                "Check that it is a Kubernetes API.");
        leftover.uid = made.uid;
        if (const auto field = lost(vmi, made))
            return environment(starting, api->access().address.uri(),
                "the cluster dropped " + *field + ": the machine would run without the protection that was asked for",
                "A newer KubeVirt has it; look which webhook of the cluster changes virtual machines.");
        KASTELLAN_TRY(saveVmiNote(folder, {made.name, made.uid}));

        auto follower = std::make_unique<Follower>(api, std::move(made));
        std::string shown;
        const auto show = [&](const VmiState &state) {
            if (const std::string sentence = state.sentence(); progress && sentence != shown)
                progress("in the cluster: " + (shown = sentence), 0, 0);
        };
        const auto runsOrEnded = [](const VmiState &state) { return state.phase == "Running" || state.ended(); };
        const bool waited = follower->wait(runsOrEnded, pulling + std::chrono::seconds(bootSeconds), stop, show);
        const VmiState state = follower->state();
        if (stop.stop_requested())
            return fail(ErrorKind::Cancelled, starting, api->access().address.uri(), "it was stopped");
        if (!waited) {
            const auto trouble = follower->trouble();
            return environment(starting, api->access().address.uri(),
                "it did not run in time; the cluster says: " + state.sentence() + (trouble ? "; and now: " + trouble->why : ""),
                "Look whether a node with " + std::string(technologyTitle(vmi.technology)) + " has room: keepctl host check "
                    + api->access().address.uri());
        }
        if (state.ended())
            return environment(starting, api->access().address.uri(), "it ended before it ran; the cluster says: " + state.sentence(),
                "Look at its events: kubectl describe vmi, and at the virt-launcher pod's log.");
        leftover.api = nullptr;
        RunningVmi::Parts parts;
        parts.follower = std::move(follower);
        parts.api = std::move(api);
        parts.schema = schema;
        parts.technology = vmi.technology;
        parts.folder = folder;
        return std::make_unique<RunningVmi>(std::move(parts));
    }

    Address m_address;
};

} // namespace

std::shared_ptr<Host> makeHost(Address address)
{
    return std::make_shared<KubeVirtHost>(std::move(address));
}

Result<std::vector<HostInfo>> contexts()
{
    std::error_code code;
    bool any = false;
    for (const auto &file : kubeconfigFiles())
        any = any || fs::exists(file, code);
    if (!any)
        return std::vector<HostInfo>();
    KASTELLAN_ASSIGN(const Kubeconfig config, loadKubeconfig());
    std::vector<HostInfo> hosts;
    for (const auto &[name, context] : config.contexts)
        hosts.push_back(KubeVirtHost(Address{name, context.nameSpace.empty() ? "default" : context.nameSpace, false}).info());
    return hosts;
}

Result<std::string> dryRun(const Address &address, const MachineRequest &request)
{
    KASTELLAN_ASSIGN(const Access access, open(address));
    KASTELLAN_ASSIGN(Vmi vmi, vmiFor(request, imageCommandLine()));
    vmi.nameSpace = access.address.nameSpace;
    return vmi.yaml(commentsOf(access, vmi, nullptr));
}

} // namespace kastellan::sev::kubevirt
