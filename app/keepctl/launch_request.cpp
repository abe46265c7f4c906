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

} // namespace

Result<LaunchRequest> launchRequest(const Invocation &asked)
{
    LaunchRequest request;
    if (!asked.operands.empty())
        request.workload = asked.operands.front();
    request.host = asked.value("host", "emulated");
    request.name = asked.value("name");
    request.args = asked.values("arg");
    request.ownerKey = asked.value("owner-key");
    request.allowDebug = asked.has("allow-debug");
    request.strict = asked.has("strict");
    request.noSandbox = asked.has("no-sandbox");
    if (asked.has("interpreter") && asked.has("aot"))
        return wrong(
            "aot", "--interpreter --aot", "the two exclude each other", "Give one of them, or none to leave the choice to keepctl.");
    request.execution = asked.has("interpreter") ? "interpreter" : asked.has("aot") ? "aot" : "auto";
    for (const std::string &given : asked.values("env")) {
        KASTELLAN_ASSIGN(auto pair, splitAtEquals("env", given));
        KASTELLAN_ASSIGN(request.env[pair.first], variable(pair.second));
    }
    std::set<std::string> names;
    for (const std::string &given : asked.values("secret")) {
        KASTELLAN_ASSIGN(auto pair, splitAtEquals("secret", given));
        if (!names.insert(pair.first).second)
            return wrong("secret", pair.first, "this secret is given twice");
        request.secretNames.push_back(pair.first);
    }
    KASTELLAN_ASSIGN(const ExpectedDigest digest, expectedDigest(asked));
    request.expectDigest = digest.snp;
    request.expectShortDigest = digest.sev;
    KASTELLAN_ASSIGN(request.minimumTcb, minimumTcb(asked.values("min-tcb")));
    KASTELLAN_ASSIGN(request.machine, machineRequest(asked));
    if (asked.has("policy")) {
        KASTELLAN_ASSIGN(request.policy, readPolicyText(asked.value("policy")));
    }
    if (request.workload.empty() && !request.machine.whole)
        return badInput("understand the command line", {},
            "it needs a WORKLOAD: a .wasm file, a folder with main.wasm and Keep.toml, or a package of one",
            "A whole virtual machine is launched with --kernel FILE or --disk FILE in its place.");
    return request;
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

Result<std::vector<Secret>> readSecrets(const Invocation &asked)
{
    std::vector<Secret> secrets;
    for (const std::string &given : asked.values("secret")) {
        KASTELLAN_ASSIGN(auto pair, splitAtEquals("secret", given));
        auto value = readFile(pair.second, secretLimit);
        if (!value)
            return std::unexpected(value.error().during("read the secret '" + pair.first + "'"));
        secrets.emplace_back(std::move(pair.first), std::move(*value));
    }
    return secrets;
}

} // namespace kastellan::keepctl
