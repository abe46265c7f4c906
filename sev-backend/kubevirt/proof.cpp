// SPDX-License-Identifier: Apache-2.0
// What the person proves to the cluster who they are: files and tokens of the kubeconfig, or a program that it names.
#include "core/base/file.h"
#include "core/evidence/json.h"
#include "sev-backend/kubevirt/access.h"
#include "sev-backend/process/run_program.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <sstream>

#include <sys/stat.h>
#include <unistd.h>

namespace kastellan::sev::kubevirt {
namespace fs = std::filesystem;
namespace {

constexpr auto loggingIn = "log in to the cluster";
constexpr std::size_t fileLimit = 1 << 20;
constexpr std::size_t outputLimit = 1 << 20;
constexpr std::chrono::milliseconds programTime{60'000};

Result<std::string> fileText(const std::string &path)
{
    auto content = readFile(path, fileLimit);
    if (!content)
        return std::unexpected(content.error().during(loggingIn));
    return std::string(asText(*content));
}

/// A token goes into a header: what would end the header's line is none.
Result<std::string> checkedToken(std::string token, const std::string &where)
{
    while (!token.empty() && (token.back() == '\n' || token.back() == '\r' || token.back() == ' '))
        token.pop_back();
    if (token.empty() || std::ranges::any_of(token, [](unsigned char c) { return c <= ' ' || c >= 0x7f; }))
        return badInput(loggingIn, where, token.empty() ? "the token is empty" : "the token has characters that no token has");
    return token;
}

/// Whoever could write the kubeconfig could run programs as this person.
Status ownFile(const Place &place)
{
    struct stat is{};
    if (::stat(place.file.c_str(), &is) != 0)
        return systemError(loggingIn, place.file.string(), errno);
    if ((is.st_uid != ::geteuid() && is.st_uid != 0) || (is.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return environment(loggingIn, place.text(),
            "it names a program to run, and the file is another user's or can be written by others: the program is not run",
            "Make it yours alone: chmod 600 " + place.file.string());
    return {};
}

std::string execInfo(const Access &access, const ExecPlugin &plugin)
{
    js::Out spec = {{"interactive", false}};
    if (plugin.wantsCluster) {
        js::Out cluster = {{"server", access.cluster.server}};
        if (!access.cluster.serverName.empty())
            cluster["tls-server-name"] = access.cluster.serverName;
        if (access.cluster.anyCertificate)
            cluster["insecure-skip-tls-verify"] = true;
        std::string authorities = access.cluster.authoritiesPem;
        if (authorities.empty() && !access.cluster.authoritiesFile.empty())
            authorities = fileText(access.cluster.authoritiesFile).value_or("");
        if (!authorities.empty())
            cluster["certificate-authority-data"] = toBase64(asBytes(authorities));
        if (!access.cluster.proxy.empty())
            cluster["proxy-url"] = access.cluster.proxy;
        spec["cluster"] = std::move(cluster);
    }
    return js::dump({{"apiVersion", plugin.apiVersion}, {"kind", "ExecCredential"}, {"spec", std::move(spec)}});
}

/// "2026-11-23T20:00:00Z", also with an offset or parts of seconds; 0 when it is none.
std::int64_t unixSeconds(const std::string &text)
{
    std::chrono::sys_time<std::chrono::nanoseconds> time;
    for (const char *form : {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S%Ez"}) {
        std::istringstream stream(text);
        if (stream >> std::chrono::parse(form, time))
            return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
    }
    return 0;
}

Result<Proof> byProgram(const Access &access, const ExecPlugin &plugin, const std::stop_token &stop)
{
    KASTELLAN_TRY(ownFile(plugin.place));
    if (plugin.interactiveMode == "Always")
        return environment(loggingIn, plugin.place.text(), "its program wants to speak with the person (interactiveMode: Always)",
            "Log in with it once by hand, with a program that keeps the login, or use another context.");
    std::vector<std::string> words{plugin.command};
    if (plugin.command.contains('/')) // else it is looked for in PATH
        words.front() = (plugin.place.file.parent_path() / plugin.command).lexically_normal().string();
    words.insert(words.end(), plugin.arguments.begin(), plugin.arguments.end());
    ProgramLimits limits;
    limits.time = programTime;
    limits.size = outputLimit;
    limits.stop = stop;
    for (const auto &[name, value] : plugin.environment)
        limits.environment.push_back(name + "=" + value);
    limits.environment.push_back("KUBERNETES_EXEC_INFO=" + execInfo(access, plugin));
    const ProgramOutput output = runProgram(words, limits);
    if (stop.stop_requested())
        return fail(ErrorKind::Cancelled, loggingIn, plugin.command, "it was cancelled");
    const std::string hint = plugin.installHint.empty() ? std::string("Run it by hand to see what it says.") : plugin.installHint;
    if (output.error == ENOENT)
        return environment(loggingIn, plugin.place.text(), "the program '" + plugin.command + "' is not there", hint);
    if (output.error)
        return systemError(loggingIn, plugin.command, output.error);
    if (!output.ended)
        return environment(loggingIn, plugin.command,
            output.output.size() > outputLimit ? "it printed more than 1 MiB, and was ended"
                                               : "it took longer than a minute, and was ended",
            hint);
    // What it says on standard error may hold a secret: it is not repeated.
    if (output.status != 0)
        return environment(loggingIn, plugin.command, "it ended with status " + std::to_string(output.status), hint);
    return parseCredential(output.output, plugin);
}

} // namespace

Result<Proof> parseCredential(std::string_view json, const ExecPlugin &plugin)
{
    const auto wrong = [&](const char *why) { return environment(loggingIn, plugin.command, why, "Update it, or run it by hand."); };
    const auto value = js::parse(json, "what it printed", outputLimit);
    if (!value || !value->is_object())
        return wrong("what it printed is no ExecCredential");
    const auto text = [](const js::In &object, const char *key) {
        const auto found = object.find(key);
        return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    if (text(*value, "kind") != "ExecCredential" || text(*value, "apiVersion") != plugin.apiVersion)
        return wrong("what it printed is no ExecCredential of the version that the kubeconfig says");
    const auto status = value->find("status");
    if (status == value->end() || !status->is_object())
        return wrong("it printed an ExecCredential without a status");
    Proof proof;
    proof.token = text(*status, "token");
    proof.certificatePem = text(*status, "clientCertificateData");
    proof.keyPem = text(*status, "clientKeyData");
    if (const std::string until = text(*status, "expirationTimestamp"); !until.empty())
        proof.until = unixSeconds(until);
    if (proof.certificatePem.empty() != proof.keyPem.empty())
        return wrong("it printed a client certificate without its key, or a key without its certificate");
    if (proof.token.empty() && proof.certificatePem.empty())
        return wrong("it printed neither a token nor a client certificate");
    if (!proof.token.empty()) {
        KASTELLAN_ASSIGN(proof.token, checkedToken(std::move(proof.token), plugin.command));
    }
    return proof;
}

Result<Proof> proofOf(const Access &access, const std::stop_token &stop)
{
    const UserEntry &user = access.user;
    Proof proof;
    if (user.exec && user.token.empty() && user.tokenFile.empty() && user.certificatePem.empty() && user.certificateFile.empty())
        return byProgram(access, *user.exec, stop);
    proof.certificatePem = user.certificatePem;
    if (proof.certificatePem.empty() && !user.certificateFile.empty()) {
        KASTELLAN_ASSIGN(proof.certificatePem, fileText(user.certificateFile));
    }
    proof.keyPem = user.keyPem;
    if (proof.keyPem.empty() && !user.keyFile.empty()) {
        KASTELLAN_ASSIGN(proof.keyPem, fileText(user.keyFile));
    }
    if (!user.tokenFile.empty()) { // it goes before the token, and may have been renewed
        KASTELLAN_ASSIGN(std::string token, fileText(user.tokenFile));
        KASTELLAN_ASSIGN(proof.token, checkedToken(std::move(token), user.tokenFile));
    } else if (!user.token.empty()) {
        KASTELLAN_ASSIGN(proof.token, checkedToken(user.token, user.place.text()));
    }
    return proof;
}

} // namespace kastellan::sev::kubevirt
