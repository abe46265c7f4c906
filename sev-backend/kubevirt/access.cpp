// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/kubevirt/access.h"

#include <algorithm>

namespace kastellan::sev::kubevirt {
namespace {

constexpr auto finding = "find the cluster";

template <typename Entries>
std::string names(const Entries &entries)
{
    constexpr std::size_t shown = 10;
    std::string text;
    std::size_t count = 0;
    for (const auto &[name, entry] : entries) {
        if (++count > shown)
            return text + "…";
        text += (text.empty() ? "" : ", ") + name;
    }
    return text.empty() ? "none" : text;
}

} // namespace

std::string Access::program() const
{
    if (!user.exec)
        return {};
    std::string text = user.exec->command;
    for (const auto &argument : user.exec->arguments)
        text += " " + argument;
    return text;
}

std::vector<std::string> Access::notes() const
{
    std::vector<std::string> notes;
    if (user.exec)
        notes.push_back("To log in, this program is run on this computer, as " + user.exec->place.text() + " says: " + program());
    if (cluster.anyCertificate)
        notes.push_back("The certificate of the cluster's server is NOT checked (insecure-skip-tls-verify, " + cluster.place.text()
            + "): whoever answers there gets this person's login.");
    if (cluster.server.starts_with("http://"))
        notes.push_back("The cluster is asked without TLS (" + cluster.server + ").");
    if (!cluster.proxy.empty())
        notes.push_back("The cluster is reached through a proxy that the kubeconfig names.");
    return notes;
}

Result<Access> resolve(const Kubeconfig &config, const Address &address)
{
    Access access;
    access.address = address;
    const std::string file = config.files.empty() ? std::string("kubeconfig") : config.files.front().string();
    if (access.address.context.empty())
        access.address.context = config.current;
    if (access.address.context.empty())
        return badInput(finding, file, "no context was named, and the kubeconfig has no current-context",
            "Write kubevirt://CONTEXT/NAMESPACE; there are: " + names(config.contexts) + ".");
    const auto context = config.contexts.find(access.address.context);
    if (context == config.contexts.end())
        return badInput(
            finding, file, "there is no context '" + access.address.context + "'", "There are: " + names(config.contexts) + ".");
    access.clusterName = context->second.cluster;
    access.userName = context->second.user;
    if (access.address.nameSpace.empty())
        access.address.nameSpace = context->second.nameSpace.empty() ? "default" : context->second.nameSpace;
    if (!isDnsLabel(access.address.nameSpace))
        return badInput(finding, context->second.place.text(), "the context's namespace is no name of a namespace");
    const auto cluster = config.clusters.find(access.clusterName);
    if (cluster == config.clusters.end() || cluster->second.server.empty())
        return badInput(finding, cluster == config.clusters.end() ? context->second.place.text() : cluster->second.place.text(),
            cluster == config.clusters.end() ? "the context's cluster '" + access.clusterName + "' is not there"
                                             : "the cluster has no 'server'");
    const auto user = config.users.find(access.userName);
    if (!access.userName.empty() && user == config.users.end())
        return badInput(finding, context->second.place.text(), "the context's user '" + access.userName + "' is not there");
    access.cluster = cluster->second;
    if (user != config.users.end())
        access.user = user->second;

    if (access.cluster.anyCertificate && !address.acceptsAnyCertificate)
        return badInput(finding, access.cluster.place.text(),
            "the kubeconfig says insecure-skip-tls-verify: anyone between here and the cluster could take this person's login",
            "Give the cluster's certificate authority (certificate-authority-data) instead. If it must be: the host "
                + Address{access.address.context, access.address.nameSpace, true}.uri() + " names the override.");
    if (access.cluster.anyCertificate && (!access.cluster.authoritiesFile.empty() || !access.cluster.authoritiesPem.empty()))
        return badInput(finding, access.cluster.place.text(), "a certificate authority and insecure-skip-tls-verify exclude each other");
    const bool certificate = !access.user.certificateFile.empty() || !access.user.certificatePem.empty();
    const bool key = !access.user.keyFile.empty() || !access.user.keyPem.empty();
    const bool token = !access.user.token.empty() || !access.user.tokenFile.empty();
    if (certificate != key)
        return badInput(finding, access.user.place.text(),
            certificate ? "the client certificate's key is missing" : "the client key's certificate is missing");
    if (!access.user.unsupported.empty()
        && (access.user.unsupported.starts_with("impersonation") || (!certificate && !token && !access.user.exec)))
        return badInput(finding, access.user.place.text(), "it logs in with " + access.user.unsupported + ", which this version can't",
            "Use a token, a client certificate or a credential plugin (exec).");
    if (access.cluster.server.starts_with("http://") && (certificate || token || access.user.exec))
        return badInput(finding, access.cluster.place.text(), "the server is asked without TLS, and this person's login would be readable",
            "Write https:// there.");
    return access;
}

} // namespace kastellan::sev::kubevirt
