// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/launch_request.h"

#include "app/keepctl/expected_digest.h"
#include "app/keepctl/machine_request.h"
#include "app/keepctl/suggest.h"
#include "core/base/file.h"
#include "sev-backend/appraisal/policy.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace kastellan::keepctl {

namespace {

constexpr std::uint64_t secretLimit = 1 << 20;
constexpr std::uint64_t variableLimit = 64 << 10;

std::unexpected<Error> wrong(std::string_view option, const std::string &given, std::string why, std::string remedy = {})
{
    return badInput("use the option --" + std::string(option), given, std::move(why), std::move(remedy));
}

Result<std::pair<std::string, std::string>> splitAtEquals(std::string_view option, const std::string &text)
{
    const std::size_t at = text.find('=');
    if (at == std::string::npos || at == 0)
        return wrong(option, text, "it is not of the form NAME=" + std::string(option == "secret" ? "FILE" : "VALUE"));
    return std::pair(text.substr(0, at), text.substr(at + 1));
}

Result<std::string> variable(const std::string &given)
{
    if (given.starts_with("@@"))
        return given.substr(1);
    if (!given.starts_with('@'))
        return given;
    auto content = readFile(given.substr(1), variableLimit);
    if (!content)
        return std::unexpected(content.error().during("read the value of a variable (--env)"));
    if (std::ranges::find(*content, 0) != content->end())
        return wrong("env", given, "the file holds a zero byte, which no variable can");
    return std::string(asText(*content));
}

Result<std::vector<std::pair<std::string, unsigned>>> minimumTcb(const std::vector<std::string> &given)
{
    static const std::vector<std::string> parts{"snp", "bl", "tee", "ucode", "fmc"};
    std::vector<std::pair<std::string, unsigned>> floors;
    for (const std::string &list : given) {
        for (std::size_t at = 0; at <= list.size();) {
            const std::size_t end = std::min(list.find(',', at), list.size());
            const std::string item = list.substr(at, end - at);
            at = end + 1;
            const std::size_t equals = item.find('=');
            const std::string part = item.substr(0, equals);
            if (std::ranges::find(parts, part) == parts.end()) {
                const std::string meant = nearest(part, parts);
                return wrong("min-tcb", item, "there is no part '" + part + "': there are snp, bl, tee, ucode and fmc",
                    meant.empty() ? std::string() : "Did you mean " + meant + "?");
            }
            unsigned number = 256;
            const std::string text = equals == std::string::npos ? std::string() : item.substr(equals + 1);
            const auto [last, error] = std::from_chars(text.data(), text.data() + text.size(), number);
            if (error != std::errc{} || last != text.data() + text.size() || number > 255)
                return wrong("min-tcb", item, "it needs a version from 0 to 255, as in " + part + "=3");
            if (std::ranges::find(floors, part, &std::pair<std::string, unsigned>::first) != floors.end())
                return wrong("min-tcb", item, "the part '" + part + "' is given twice");
            floors.emplace_back(part, number);
        }
    }
    return floors;
}

/// A relative path means another file where the profile is used.
std::string absolute(const std::string &path)
{
    std::error_code code;
    return path.empty() ? std::string() : std::filesystem::absolute(path, code).string();
}

Status readVariables(const Invocation &asked, LaunchRequest &request)
{
    for (const std::string &given : asked.values("env")) {
        KASTELLAN_ASSIGN(auto pair, splitAtEquals("env", given));
        KASTELLAN_ASSIGN(request.env[pair.first], variable(pair.second));
    }
    return {};
}

Status readSecretNames(const Invocation &asked, LaunchProfile &profile)
{
    std::set<std::string> names;
    for (const std::string &given : asked.values("secret")) {
        KASTELLAN_ASSIGN(auto pair, splitAtEquals("secret", given));
        if (!names.insert(pair.first).second)
            return wrong("secret", pair.first, "this secret is given twice");
        if (std::ranges::find(profile.request.secretNames, pair.first) == profile.request.secretNames.end())
            profile.request.secretNames.push_back(pair.first);
        profile.secretFiles[pair.first] = absolute(pair.second);
    }
    return {};
}

Status readExpectations(const Invocation &asked, LaunchRequest &request)
{
    if (asked.has("expect-digest")) {
        KASTELLAN_ASSIGN(const ExpectedDigest digest, expectedDigest(asked));
        request.expectDigest = digest.snp;
        request.expectShortDigest = digest.sev;
    }
    KASTELLAN_ASSIGN(const auto floors, minimumTcb(asked.values("min-tcb")));
    for (const auto &[part, least] : floors) {
        const auto known = std::ranges::find(request.minimumTcb, part, [](const auto &pair) { return pair.first; });
        if (known == request.minimumTcb.end())
            request.minimumTcb.emplace_back(part, least);
        else
            known->second = least;
    }
    if (asked.has("policy")) {
        KASTELLAN_ASSIGN(request.policy, readPolicyText(asked.value("policy")));
    }
    request.allowDebug = request.allowDebug || asked.has("allow-debug");
    request.strict = request.strict || asked.has("strict");
    return {};
}

} // namespace

Result<LaunchProfile> launchAsked(const Invocation &asked)
{
    LaunchProfile profile;
    if (asked.has("profile")) {
        KASTELLAN_ASSIGN(profile, profiles::load(asked.value("profile")));
    }
    LaunchRequest &request = profile.request;
    if (!asked.operands.empty())
        request.workload = asked.operands.front();
    request.host = asked.value("host", request.host);
    request.name = asked.value("name", request.name);
    if (asked.has("arg"))
        request.args = asked.values("arg");
    request.ownerKey = asked.value("owner-key", request.ownerKey);
    request.noSandbox = request.noSandbox || asked.has("no-sandbox");
    if (asked.has("interpreter") && asked.has("aot"))
        return wrong(
            "aot", "--interpreter --aot", "the two exclude each other", "Give one of them, or none to leave the choice to keepctl.");
    if (asked.has("interpreter") || asked.has("aot"))
        request.execution = asked.has("interpreter") ? "interpreter" : "aot";
    KASTELLAN_TRY(readVariables(asked, request));
    KASTELLAN_TRY(readSecretNames(asked, profile));
    KASTELLAN_TRY(readExpectations(asked, request));
    KASTELLAN_TRY(readMachineOptions(asked, request.machine));
    if (request.workload.empty() && !request.machine.whole)
        return badInput("understand the command line", {},
            "it needs a WORKLOAD: a .wasm file, a folder with main.wasm and Keep.toml, or a package of one",
            "A whole virtual machine is launched with --kernel FILE or --disk FILE in its place.");
    return profile;
}

Status saveProfile(const Invocation &asked, LaunchProfile profile, const std::string &host)
{
    if (profile.request.host != "auto")
        profile.request.host = host; // a name can be given to another host later
    profile.name = asked.value("save-profile");
    profile.saved = 0;
    profile.request.workload = absolute(profile.request.workload.string());
    return profiles::save(std::move(profile), asked.has("force"));
}

Result<std::string> readPolicyText(const std::string &file)
{
    auto content = readFile(file, sev::Policy::sizeLimit);
    if (!content)
        return std::unexpected(content.error().during("read the policy"));
    std::string text(asText(*content));
    // Read here, so that a mistake shows before anything is launched.
    KASTELLAN_TRY(sev::Policy::parse(text, file));
    return text;
}

Result<std::vector<Secret>> readSecrets(const LaunchProfile &profile)
{
    std::vector<Secret> secrets;
    for (const std::string &name : profile.request.secretNames) {
        const auto file = profile.secretFiles.find(name);
        if (file == profile.secretFiles.end())
            return badInput("read the secret '" + name + "'", profile.name, "the profile does not say where it is",
                "Give it with --secret " + name + "=FILE.");
        auto value = readFile(file->second, secretLimit);
        if (!value)
            return std::unexpected(value.error().during("read the secret '" + name + "'"));
        secrets.emplace_back(name, std::move(*value));
    }
    return secrets;
}

} // namespace kastellan::keepctl
