// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/kubevirt/running_vmi.h"

#include "core/evidence/json.h"

namespace kastellan::sev::kubevirt {
namespace {

using namespace std::chrono_literals;

// Together less than the loader waits for a host that takes a keep away.
constexpr auto graceful = 20s, hard = 20s;
constexpr unsigned graceSeconds = 5;

std::string fieldsText(const std::optional<std::map<std::string, std::string>> &fields)
{
    if (!fields)
        return "is not there";
    std::string text;
    for (const auto &[name, type] : *fields)
        text += (text.empty() ? "" : ", ") + name;
    return text.empty() ? "has no fields" : "has only " + text;
}

Finding kernelFinding(const ServerSchema &schema, const std::string &technology)
{
    Finding finding;
    finding.id = "launch.kernel";
    finding.area = "launch";
    finding.outcome = Outcome::Unknown;
    finding.expected = "kernel, initrd and command line measured, and a report or measurement of them";
    finding.actual = whyUndecided(schema, technology);
    finding.why = "What is not measured can be anything: the cluster chooses it.";
    finding.remedy = "Launch on a libvirt host with SEV-SNP, where they are measured. Nothing was delivered.";
    finding.source = "docs/kubevirt.md";
    return finding;
}

} // namespace

std::string whyUndecided(const ServerSchema &schema, const std::string &technology)
{
    const std::string place = technology == "snp" ? "launchSecurity.snp" : "launchSecurity.sev";
    if (!schema.read)
        return "the cluster's schema can't be read (" + schema.why + "), so whether kernel and initrd are measured is not known";
    if (!schema.hashesKernel(technology))
        return "KubeVirt measures no kernel and no initrd: in this cluster's schema " + place + " "
            + fieldsText(technology == "snp" ? schema.snp : schema.sev) + ", and no kernelHashes";
    return "the cluster's schema has kernelHashes in " + place
        + ", but KubeVirt offers no stream to a keep without a network, so nobody can ask the keep for a report";
}

ApiResult<void> deleteVmi(Api &api, const std::string &name, const std::string &uid, unsigned grace, const std::stop_token &stop)
{
    js::Out options = {{"apiVersion", "v1"}, {"gracePeriodSeconds", grace}, {"kind", "DeleteOptions"}};
    if (!uid.empty())
        options["preconditions"] = {{"uid", uid}};
    Call call;
    call.what = "delete the keep's virtual machine";
    call.method = "DELETE";
    call.verb = "delete";
    call.resource = "virtualmachineinstances";
    call.path = vmiPath(api.access(), name);
    call.body = js::dump(options);
    const auto done = api.ask(call, stop);
    if (!done && done.error().status != 404 && done.error().status != 409)
        return std::unexpected(done.error());
    return {};
}

Result<Fd> RunningVmi::connect()
{
    return environment("open a session with the keep", m_parts.api->access().address.uri(),
        "KubeVirt offers no stream to a keep that has no network, and its console is the host's to write and to read",
        "Nothing can be delivered to keeps in clusters (docs/kubevirt.md).");
}

Status RunningVmi::admit()
{
    return fail(ErrorKind::Negative, "admit the keep", m_parts.api->access().address.uri(),
        whyUndecided(m_parts.schema, m_parts.technology), "Nothing is given to it.");
}

KeepEnd RunningVmi::end()
{
    const VmiState state = m_parts.follower->state();
    KeepEnd end;
    end.code = state.phase == "Succeeded" && !state.gone ? 0 : 1;
    end.known = !state.gone;
    end.lastWords = state.sentence();
    return end;
}

Status RunningVmi::kill()
{
    if (std::exchange(m_killed, true))
        return {};
    const char *what = "delete the keep's virtual machine";
    const VmiState state = m_parts.follower->state();
    const auto gone = [](const VmiState &now) { return now.gone; };
    bool done = state.gone;
    Status status;
    for (const unsigned grace : {graceSeconds, 0U}) {
        if (done)
            break;
        const auto asked = deleteVmi(*m_parts.api, state.name, state.uid, grace, {});
        if (!asked) {
            status = std::unexpected(asked.error().error);
            continue;
        }
        done = m_parts.follower->wait(gone, grace ? graceful : hard, {});
        status = done ? Status() : environment(what, state.name, "the cluster took the order, and it is there still");
    }
    if (done) {
        std::error_code code;
        std::filesystem::remove(m_parts.folder / vmiNoteFile, code); // else it names what is left
        return {};
    }
    m_killed = false;
    return status;
}

std::vector<Finding> RunningVmi::findings() const
{
    std::vector<Finding> findings{kernelFinding(m_parts.schema, m_parts.technology)};
    const VmiState state = m_parts.follower->state();
    Finding told;
    told.id = "cluster.machine";
    told.area = "launch";
    told.outcome = Outcome::Info;
    told.required = false;
    told.actual = state.name + (state.node.empty() ? std::string() : " on the node " + state.node) + ", launch security "
        + (state.launchSecurity.empty() ? "none" : state.launchSecurity);
    told.why = "It is what the cluster says, and proves nothing.";
    told.source = "docs/kubevirt.md";
    findings.push_back(std::move(told));
    if (m_parts.api->access().cluster.anyCertificate) {
        Finding tls;
        tls.id = "cluster.tls";
        tls.area = "launch";
        tls.outcome = Outcome::Fail;
        tls.required = false;
        tls.expected = "the certificate of the cluster's server checked";
        tls.actual = "not checked: given up with accept=insecure-skip-tls-verify";
        tls.why = "Whoever answers in the cluster's place gets this person's login.";
        tls.remedy = "Give the cluster's certificate authority in the kubeconfig.";
        tls.source = "docs/kubevirt.md";
        findings.push_back(std::move(tls));
    }
    return findings;
}

} // namespace kastellan::sev::kubevirt
