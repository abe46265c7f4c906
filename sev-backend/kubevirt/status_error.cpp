// SPDX-License-Identifier: Apache-2.0
// What an API server answers when it does not do what it was asked (Kubernetes API conventions, "Response Status Kind").
#include "core/evidence/json.h"
#include "sev-backend/kubevirt/api.h"

#include <algorithm>

namespace kastellan::sev::kubevirt {
namespace {

/// What a Status object says; empty where the answer is none.
struct Told {
    std::string message, reason;
    std::vector<std::string> causes; ///< "spec.domain.launchSecurity: why"
    std::string kind, name; ///< of its details
};

Told read(std::string_view body)
{
    Told told;
    const auto value = js::parse(body, "the answer", std::size_t{4} << 20);
    if (!value || !value->is_object())
        return told;
    const auto text = [](const js::In &object, const char *key) {
        const auto found = object.find(key);
        return found != object.end() && found->is_string() ? said(found->get_ref<const std::string &>()) : std::string();
    };
    if (text(*value, "kind") != "Status")
        return told;
    told.message = text(*value, "message");
    told.reason = text(*value, "reason");
    const auto details = value->find("details");
    if (details == value->end() || !details->is_object())
        return told;
    told.kind = text(*details, "kind");
    told.name = text(*details, "name");
    const auto causes = details->find("causes");
    constexpr std::size_t mostCauses = 8;
    if (causes != details->end() && causes->is_array())
        for (const auto &cause : *causes) {
            if (!cause.is_object() || told.causes.size() >= mostCauses)
                continue;
            const std::string field = text(cause, "field"), message = text(cause, "message");
            told.causes.push_back(field.empty() ? message : field + ": " + message);
        }
    return told;
}

std::string joined(const std::vector<std::string> &parts)
{
    std::string text;
    for (const auto &part : parts)
        text += (text.empty() ? "" : "; ") + part;
    return text;
}

std::string resourceOf(const Call &call)
{
    return call.resource + (call.group.empty() ? "" : "." + call.group);
}

/// Lets this user do what was refused.
std::string roleRemedy(const Call &call, const Access &access)
{
    const std::string name = "kastellan-" + call.resource.substr(0, call.resource.find('/'));
    const std::string role = call.inNamespace ? "role" : "clusterrole";
    return "Who manages the cluster can allow it: kubectl create " + role + " " + name + " --verb=" + call.verb + " --resource="
        + resourceOf(call) + (call.inNamespace ? " -n " + access.address.nameSpace : "") + ", and a " + role + "binding for this user.";
}

/// A refusal by an admission webhook, KubeVirt's own first of all.
std::optional<Error> refusedByWebhook(const Call &call, const Access &access, const Told &told)
{
    const bool gate = told.message.contains("feature gate") || joined(told.causes).contains("feature gate");
    const bool webhook = told.message.contains("admission webhook") || told.message.contains("denied the request");
    if (!gate && !webhook)
        return {};
    Error error{ErrorKind::Environment, call.what, access.address.uri(), {}, {}};
    const std::string all = told.message + (told.causes.empty() ? "" : " (" + joined(told.causes) + ")");
    if (gate) {
        const std::string name = all.contains("WorkloadEncryptionTDX") ? "WorkloadEncryptionTDX" : "WorkloadEncryptionSEV";
        error.why = "the cluster's KubeVirt has its feature gate " + name + " switched off: " + all;
        error.remedy = "Who manages the cluster can switch it on: kubectl -n kubevirt patch kubevirt kubevirt --type=json -p "
                       "'[{\"op\":\"add\",\"path\":\"/spec/configuration/developerConfiguration/featureGates/-\",\"value\":\""
            + name + "\"}]' (needed before KubeVirt 1.9).";
        return error;
    }
    error.why = "an admission webhook of the cluster refused it: " + all;
    error.remedy = "What it says is the cluster's rule: change what is asked, or ask who manages the cluster.";
    return error;
}

} // namespace

std::string said(std::string_view text)
{
    constexpr std::size_t most = 600;
    std::size_t end = std::min(text.size(), most);
    while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
        --end; // not within a character
    std::string result(text.substr(0, end));
    std::ranges::replace_if(result, [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
    return text.size() > end ? result + "…" : result;
}

ApiError explain(const Call &call, const Access &access, long status, std::string_view body, std::string_view retryAfter)
{
    const Told told = read(body);
    const std::string words = told.message.empty() ? "the server answered " + std::to_string(status) : told.message;
    const std::string where = access.address.uri();
    const auto error = [&](ErrorKind kind, std::string why, std::string remedy, bool again = false) {
        return ApiError{{kind, call.what, where, std::move(why), std::move(remedy)}, status, again};
    };
    if (status == 401)
        return error(ErrorKind::Environment, "the cluster does not accept this person's login (401)",
            "Log in again, and try: kubectl --context " + access.address.context + " auth whoami. The login is at "
                + (access.user.place.file.empty() ? "no user of the context" : access.user.place.text()) + ".");
    if (auto refused = refusedByWebhook(call, access, told))
        return {std::move(*refused), status, false};
    switch (status) {
    case 400:
        return error(ErrorKind::Environment,
            words.contains("unknown field") || words.contains("strict decoding")
                ? "the cluster's KubeVirt does not know what is asked: " + words
                : "the cluster can't read what is asked: " + words,
            "A newer KubeVirt knows more: 'keepctl host check " + where + "' shows what this one knows.");
    case 403:
        if (words.contains("cannot ") || told.message.empty())
            return error(ErrorKind::Environment,
                "this user may not " + call.verb + " " + resourceOf(call)
                    + (call.inNamespace ? " in the namespace '" + access.address.nameSpace + "'" : " of the cluster") + ": " + words,
                roleRemedy(call, access));
        return error(ErrorKind::Environment, "the cluster forbids it: " + words,
            words.contains("quota") ? "Ask for less memory or fewer CPUs, or for a larger quota." : "Ask who manages the cluster.");
    case 404:
        if (told.kind == "namespaces" || words.contains("namespaces \""))
            return error(ErrorKind::Input, "there is no namespace '" + access.address.nameSpace + "' in this cluster",
                "Make it (kubectl create namespace " + access.address.nameSpace + "), or name another.");
        if (told.name.empty() || call.method == "POST")
            return error(ErrorKind::Environment, "the cluster has no " + resourceOf(call) + ": KubeVirt is not installed there",
                "Install KubeVirt (https://kubevirt.io/user-guide/cluster_admin/installation/), or name another context.");
        return error(ErrorKind::Negative, "it is not there (404): " + words, {});
    case 409:
        return error(ErrorKind::Environment,
            told.reason == "AlreadyExists" ? "there is one of this name already: " + words
                                           : "the cluster's object was changed meanwhile: " + words,
            "Try again.", told.reason != "AlreadyExists");
    case 410:
        return error(ErrorKind::Environment, "what was asked from is gone (410): " + words, {}, true);
    case 422:
        return error(ErrorKind::Environment, "the cluster does not accept it: " + (told.causes.empty() ? words : joined(told.causes)),
            "Change what it names; --dry-run shows all that is asked.");
    case 429:
    case 503:
    case 504:
        return error(ErrorKind::Environment,
            "the cluster is busy (" + std::to_string(status) + ")" + (told.message.empty() ? "" : ": " + told.message),
            retryAfter.empty() ? "Try again later." : "Try again in " + said(retryAfter.substr(0, 40)) + " s.", true);
    default:
        return error(ErrorKind::Environment, words + (told.message.empty() ? "" : " (" + std::to_string(status) + ")"),
            told.message.empty() ? "Check that it is a Kubernetes API (" + access.cluster.place.text() + ")." : "", status >= 500);
    }
}

} // namespace kastellan::sev::kubevirt
