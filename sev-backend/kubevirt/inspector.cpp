// SPDX-License-Identifier: Apache-2.0
// What the API alone tells of a cluster. Help, never proof.
#include "core/evidence/json.h"
#include "sev-backend/kubevirt/discovery.h"
#include "sev-backend/kubevirt/follower.h"
#include "sev-backend/kubevirt/kubevirt_host.h"

#include <algorithm>
#include <chrono>

namespace kastellan::sev::kubevirt {
namespace {

using js::In;
constexpr auto looking = "look at the cluster";
constexpr int mostPages = 50;

const In *member(const In *value, const char *key)
{
    if (!value || !value->is_object())
        return nullptr;
    const auto found = value->find(key);
    return found == value->end() ? nullptr : &*found;
}

std::string text(const In *value)
{
    return value && value->is_string() ? said(value->get_ref<const std::string &>()) : std::string();
}

/// How many nodes there are, and how many with which label.
struct Nodes {
    Status looked;
    std::size_t all = 0;
    std::map<std::string, std::size_t, std::less<>> with;
};

class Look {
public:
    Look(Api &api, const std::stop_token &stop)
        : m_api(api)
        , m_stop(stop)
    {
    }
    [[nodiscard]] ApiResult<In> get(const char *resource, const std::string &group, const std::string &path, bool inNamespace,
        const char *verb = "list", const std::string &body = {}) const
    {
        Call call;
        call.what = looking;
        call.resource = resource;
        call.group = group;
        call.path = path;
        call.inNamespace = inNamespace;
        call.verb = verb;
        call.body = body;
        if (!body.empty())
            call.method = "POST";
        call.limit = std::size_t{16} << 20;
        const auto answer = m_api.ask(call, m_stop);
        if (!answer)
            return std::unexpected(answer.error());
        auto value = js::parse(*answer, "what the cluster says", call.limit);
        if (!value)
            return std::unexpected(ApiError{value.error(), 0, false});
        return std::move(*value);
    }

    [[nodiscard]] Nodes nodes() const
    {
        Nodes nodes;
        std::string next;
        for (int page = 0; page < mostPages; ++page) {
            const auto list = get("nodes", "", "/api/v1/nodes?limit=200" + (next.empty() ? "" : "&continue=" + next), false);
            if (!list) {
                nodes.looked = std::unexpected(list.error().error);
                return nodes;
            }
            if (const In *items = member(&*list, "items"); items && items->is_array())
                for (const auto &node : *items) {
                    ++nodes.all;
                    const In *labels = member(member(&node, "metadata"), "labels");
                    for (const char *label : {"kubevirt.io/sev", "kubevirt.io/sev-es", "kubevirt.io/sev-snp"})
                        if (text(member(labels, label)) == "true")
                            ++nodes.with[label];
                }
            const std::string more = text(member(member(&*list, "metadata"), "continue"));
            const auto plain = [](char c) {
                return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '=';
            };
            if (more.empty() || more == next || !std::ranges::all_of(more, plain))
                return nodes;
            next = more;
        }
        return nodes;
    }

    /// Whether this user may: SelfSubjectAccessReview, which everybody may ask for.
    [[nodiscard]] ApiResult<bool> may(const char *verb) const
    {
        const js::Out review = {{"apiVersion", "authorization.k8s.io/v1"}, {"kind", "SelfSubjectAccessReview"},
            {"spec",
                {{"resourceAttributes",
                    {{"group", "kubevirt.io"}, {"namespace", m_api.access().address.nameSpace}, {"resource", "virtualmachineinstances"},
                        {"verb", verb}}}}}};
        const auto answer = get("selfsubjectaccessreviews", "authorization.k8s.io",
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", false, "create", js::dump(review));
        if (!answer)
            return std::unexpected(answer.error());
        const In *allowed = member(member(&*answer, "status"), "allowed");
        return allowed && allowed->is_boolean() && allowed->get<bool>();
    }

private:
    Api &m_api;
    const std::stop_token &m_stop;
};

ReadinessCheck check(const char *id, const char *area, const char *title, const char *looked)
{
    ReadinessCheck made;
    made.id = id;
    made.area = area;
    made.title = title;
    made.looked = looked;
    made.source = "docs/kubevirt.md";
    return made;
}

void addSchema(Readiness &readiness, const ServerSchema &schema)
{
    auto security = check("cluster.schema", "KubeVirt", "Launch security in its schema", "OpenAPI of kubevirt.io/v1");
    const auto fields = [](const std::optional<std::map<std::string, std::string>> &known) {
        std::string list;
        if (known)
            for (const auto &[name, type] : *known)
                list += (list.empty() ? "" : ", ") + name;
        return known ? "(" + list + ")" : std::string("not there");
    };
    security.state = !schema.read  ? CheckState::Unknown
        : schema.snp && schema.sev ? CheckState::Pass
        : schema.sev               ? CheckState::Warning
                                   : CheckState::Fail;
    security.saw = schema.read ? "sev " + fields(schema.sev) + "; snp " + fields(schema.snp) : schema.why;
    if (schema.read && !schema.snp)
        security.means = "Machines under SEV-SNP can't be asked for.", security.remedy = "Update KubeVirt: SEV-SNP came with 1.7.";
    if (schema.read && !schema.sev)
        security.blocks = {"sev", "es"};
    if (schema.read && !schema.snp)
        security.blocks.emplace_back("snp");
    readiness.checks.push_back(std::move(security));

    auto kernel = check("cluster.kernel_hashes", "KubeVirt", "Kernel and initrd measured", "kernelHashes in that schema");
    const bool any = schema.hashesKernel("snp") || schema.hashesKernel("sev");
    kernel.state = !schema.read ? CheckState::Unknown : any ? CheckState::Pass : CheckState::Warning;
    kernel.saw = !schema.read ? schema.why : any ? "kernelHashes is there" : "no kernelHashes";
    kernel.means = "A keep whose kernel is not measured can't be proven: the verdict is undecided, and nothing is delivered.";
    if (kernel.state == CheckState::Warning)
        kernel.remedy = "Launch on a libvirt host, where kernel and initrd are measured.";
    readiness.checks.push_back(std::move(kernel));

    auto attest =
        check("cluster.sev_attestation", "KubeVirt", "Launch measurement of SEV guests", "subresources of virtualmachineinstances");
    attest.state = CheckState::Info;
    attest.saw = schema.attestsSev() ? "fetchcertchain, setupsession, querylaunchmeasurement, injectlaunchsecret"
                                     : "not all of the four subresources";
    attest.means = "It is over the cluster's own firmware, and says nothing of the kernel: it is not asked for.";
    readiness.checks.push_back(std::move(attest));
}

void addNodes(Readiness &readiness, const Nodes &nodes)
{
    struct Row {
        const char *id, *title, *label, *protection;
    };
    for (const Row &row : {Row{"cluster.nodes.sev", "Nodes with SEV", "kubevirt.io/sev", "sev"},
             Row{"cluster.nodes.es", "Nodes with SEV-ES", "kubevirt.io/sev-es", "es"},
             Row{"cluster.nodes.snp", "Nodes with SEV-SNP", "kubevirt.io/sev-snp", "snp"}}) {
        auto made = check(row.id, "Nodes", row.title, row.label);
        made.looked = std::string("label ") + row.label;
        if (!nodes.looked) {
            made.state = CheckState::Unknown;
            made.saw = nodes.looked.error().why;
            made.remedy = nodes.looked.error().remedy;
        } else {
            const auto found = nodes.with.find(row.label);
            const std::size_t count = found == nodes.with.end() ? 0 : found->second;
            made.state = count ? CheckState::Pass : CheckState::Fail;
            made.saw = std::to_string(count) + " of " + std::to_string(nodes.all) + " nodes";
            if (!count) {
                made.means = "Such a machine would wait for a node for ever.";
                made.remedy = "KubeVirt sets the label where it finds the capability: run 'keepctl host check' on a node.";
                made.blocks = {row.protection};
            }
        }
        readiness.checks.push_back(std::move(made));
    }
}

void addVersion(Readiness &readiness, const Look &look)
{
    auto version = check("cluster.version", "KubeVirt", "Version", "status of the object kubevirts.kubevirt.io");
    auto gate = check("cluster.feature_gate", "KubeVirt", "Feature gate WorkloadEncryptionSEV", "spec.configuration of the same");
    const auto list = look.get("kubevirts", "kubevirt.io", "/apis/kubevirt.io/v1/kubevirts", false);
    const In *items = list ? member(&*list, "items") : nullptr;
    if (!items || !items->is_array() || items->empty()) {
        version.saw = gate.saw = list ? "there is none" : list.error().error.why;
        version.remedy = gate.remedy = list ? std::string() : list.error().error.remedy;
    } else {
        const In &kubevirt = items->front();
        version.saw = text(member(member(&kubevirt, "status"), "observedKubeVirtVersion"));
        version.state = version.saw.empty() ? CheckState::Unknown : CheckState::Info;
        const In *developer = member(member(member(&kubevirt, "spec"), "configuration"), "developerConfiguration");
        const auto in = [&](const char *key) {
            const In *gates = member(developer, key);
            return gates && gates->is_array() && std::ranges::any_of(*gates, [](const In &one) { return one == "WorkloadEncryptionSEV"; });
        };
        unsigned major = 0, minor = 0;
        const bool read = std::sscanf(version.saw.c_str(), "v%u.%u", &major, &minor) == 2;
        const bool needless = read && (major > 1 || (major == 1 && minor >= 9));
        const bool on = !in("disabledFeatureGates") && (needless || in("featureGates"));
        gate.state = on ? CheckState::Pass : read || in("disabledFeatureGates") ? CheckState::Fail : CheckState::Unknown;
        gate.saw = needless && on ? "on by default" : on ? "on" : "not on";
        if (gate.state == CheckState::Fail) {
            gate.means = "KubeVirt refuses machines with launch security.";
            gate.remedy = "Who manages the cluster switches it on (needed before KubeVirt 1.9).";
            gate.command = "kubectl -n kubevirt patch kubevirt kubevirt --type=json -p "
                           "'[{\"op\":\"add\",\"path\":\"/spec/configuration/developerConfiguration/featureGates/"
                           "-\",\"value\":\"WorkloadEncryptionSEV\"}]'";
            gate.blocks = {"sev", "es", "snp"};
        }
    }
    readiness.checks.push_back(std::move(version));
    readiness.checks.push_back(std::move(gate));
}

void addPermissions(Readiness &readiness, const Look &look, const Access &access)
{
    for (const char *verb : {"create", "get", "list", "watch", "delete"}) {
        auto made = check("", "Permissions", "", "SelfSubjectAccessReview");
        made.id = std::string("cluster.may.") + verb;
        made.title = std::string("This user may ") + verb + " virtual machines";
        const auto allowed = look.may(verb);
        made.state = !allowed ? CheckState::Unknown : *allowed ? CheckState::Pass : CheckState::Fail;
        made.saw = !allowed ? allowed.error().error.why : *allowed ? "allowed" : "not allowed";
        if (made.state == CheckState::Fail) {
            made.remedy = "Who manages the cluster can allow it.";
            made.command =
                "kubectl create role kastellan --verb=create,get,list,watch,delete --resource=virtualmachineinstances.kubevirt.io -n "
                + access.address.nameSpace;
            made.blocks = {"sev", "es", "snp"};
        }
        readiness.checks.push_back(std::move(made));
    }
}

/// Not ready where a check rules it out; never ready, since no keep there can be proven.
void addVerdicts(Readiness &readiness)
{
    for (const auto &[protection, title] : {std::pair("sev", "SEV"), std::pair("es", "SEV-ES"), std::pair("snp", "SEV-SNP")}) {
        ReadinessVerdict verdict;
        verdict.protection = protection;
        verdict.title = title;
        verdict.state = ReadinessVerdict::State::Unknown;
        for (const auto &made : readiness.checks)
            if (made.state == CheckState::Fail && std::ranges::find(made.blocks, protection) != made.blocks.end())
                verdict.causes.push_back(made.id);
        if (!verdict.causes.empty()) {
            verdict.state = ReadinessVerdict::State::NotReady;
            verdict.sentence = std::string("No machine with ") + title + " would start here: "
                + readiness.check(verdict.causes.front())->title + " (" + readiness.check(verdict.causes.front())->saw + ").";
        } else {
            verdict.causes = {"cluster.kernel_hashes"};
            verdict.sentence = std::string("Machines with ") + title
                + " may start here, and no keep can be proven: the verdict of each is undecided, and nothing is delivered.";
        }
        readiness.verdicts.push_back(std::move(verdict));
    }
}

class ClusterInspector final : public HostInspector {
public:
    explicit ClusterInspector(Address address)
        : m_address(std::move(address))
    {
    }
    Result<Readiness> inspect(const InspectOptions &, const Progress &progress, std::stop_token stop) override
    {
        KASTELLAN_ASSIGN(const Kubeconfig config, loadKubeconfig());
        KASTELLAN_ASSIGN(const Access access, resolve(config, m_address));
        if (progress)
            progress("asking the cluster " + access.address.uri(), 0, 0);
        Api api(access);
        Readiness readiness;
        readiness.host = access.address.uri();
        readiness.title = "Cluster " + access.clusterName;
        readiness.time = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
        readiness.lookedAt = "what the Kubernetes API alone says of " + access.cluster.server;
        readiness.facts = {{"Context", access.address.context}, {"Namespace", access.address.nameSpace}, {"Server", access.cluster.server}};
        for (const auto &note : access.notes())
            readiness.facts.emplace_back("Note", note);
        auto there = check("cluster.kubevirt", "KubeVirt", "KubeVirt in the cluster", "/apis/kubevirt.io/v1");
        const auto schema = discover(api, stop);
        if (!schema && schema.error().status != 404)
            return std::unexpected(schema.error().error.during(looking));
        there.state = schema ? CheckState::Pass : CheckState::Fail;
        there.saw = schema ? "there" : "not there";
        const Look look(api, stop);
        if (!schema) {
            there.remedy = schema.error().error.remedy;
            there.blocks = {"sev", "es", "snp"};
            readiness.checks.push_back(std::move(there));
        } else {
            readiness.checks.push_back(std::move(there));
            addVersion(readiness, look);
            addSchema(readiness, *schema);
            addNodes(readiness, look.nodes());
            addPermissions(readiness, look, access);
        }
        if (stop.stop_requested())
            return fail(ErrorKind::Cancelled, looking, access.address.uri(), "it was cancelled");
        addVerdicts(readiness);
        return readiness;
    }
    Result<std::string> record(const InspectOptions &, const Progress &, std::stop_token) override
    {
        return badInput("record a host", m_address.uri(), "a cluster is no machine: there is nothing of it to record",
            "'keepctl host check --json' tells what the API says; record a node with keepctl on it.");
    }

private:
    Address m_address;
};

} // namespace

std::shared_ptr<HostInspector> makeInspector(Address address)
{
    return std::make_shared<ClusterInspector>(std::move(address));
}

} // namespace kastellan::sev::kubevirt
