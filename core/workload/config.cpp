// SPDX-License-Identifier: Apache-2.0
#include "core/workload/config.h"

#include "core/workload/text.h"
#include "core/workload/units.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace kastellan {
namespace workload {
namespace {

using Problem = std::optional<ConfigProblem>;

constexpr std::uint64_t memoryMost = 4ull << 30;
constexpr std::uint64_t year = 366ull * 24 * 3600;
constexpr std::size_t listMost = 1024;
constexpr std::size_t secretsMost = 64;

std::string textProblem(std::string_view text)
{
    if (text.find('\0') != std::string_view::npos)
        return "has a NUL in it, which no argument and no variable can hold";
    return isUtf8(text) ? "" : "is not UTF-8";
}

bool isHex(std::string_view text, std::size_t digits)
{
    return text.size() == digits && std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Problem argumentsProblem(const KeepConfig &config)
{
    if (config.args.size() > listMost)
        return ConfigProblem{
            {"args"}, {}, "there are " + std::to_string(config.args.size()) + " arguments, and at most 1024 are taken", {}};
    for (std::size_t i = 0; i < config.args.size(); ++i)
        if (const auto why = textProblem(config.args[i]); !why.empty())
            return ConfigProblem{{"args"}, i, "argument " + std::to_string(i + 1) + " " + why, {}};
    return {};
}

Problem environmentProblem(const KeepConfig &config)
{
    if (config.env.size() > listMost)
        return ConfigProblem{{"env"}, {}, "there are " + std::to_string(config.env.size()) + " variables, and at most 1024 are taken", {}};
    for (const auto &[name, value] : config.env) {
        if (name.empty() || name.find('=') != std::string::npos)
            return ConfigProblem{{"env", name}, {}, "'" + shown(name) + "' can be no variable's name", "Give a name without '='."};
        if (const auto why = textProblem(name); !why.empty())
            return ConfigProblem{{"env", name}, {}, "the name of variable '" + shown(name) + "' " + why, {}};
        if (const auto why = textProblem(value); !why.empty())
            return ConfigProblem{{"env", name}, {}, "the value of variable '" + shown(name) + "' " + why, {}};
    }
    return {};
}

Problem secretsProblem(const KeepConfig &config)
{
    std::set<std::string_view> seen;
    if (config.secrets.size() > secretsMost)
        return ConfigProblem{
            {"secrets"}, {}, "there are " + std::to_string(config.secrets.size()) + " secrets, and at most 64 are taken", {}};
    for (std::size_t i = 0; i < config.secrets.size(); ++i) {
        const auto &name = config.secrets[i];
        if (!isSecretName(name))
            return ConfigProblem{{"secrets"}, i, "'" + shown(name) + "' can be no secret's name",
                "Use up to 64 letters, digits, '_', '-' and '.', and no '.' at the beginning: it becomes the file /secrets/NAME."};
        if (!seen.insert(name).second)
            return ConfigProblem{{"secrets"}, i, "the secret '" + name + "' stands there twice", {}};
    }
    return {};
}

Problem limitsProblem(const KeepConfig &config)
{
    if (config.memoryLimit < wasmPage || config.memoryLimit > memoryMost)
        return ConfigProblem{
            {"limits", "memory"}, {}, "'limits.memory' is " + sizeText(config.memoryLimit) + ", and has to be from 64 KiB to 4 GiB", {}};
    if (config.timeLimit > year)
        return ConfigProblem{{"limits", "time"}, {}, "'limits.time' is more than a year", "Leave it out for no limit."};
    if (config.reattestSeconds > year)
        return ConfigProblem{{"reattest"}, {}, "'reattest' is more than a year", "Leave it out to attest again by hand only."};
    return {};
}

Problem expectationProblem(const KeepConfig &config)
{
    for (const auto &[key, value] : config.expect) {
        if (key == "digest") {
            if (!isHex(value, 2 * LaunchDigest::size) && !isHex(value, 2 * Sha256::size))
                return ConfigProblem{{"expect", key}, {},
                    "'expect.digest' is neither 96 lower-case hex digits (SEV-SNP, emulated) nor 64 (SEV, SEV-ES)",
                    "`keepctl measure` prints the digest: of this build's keep image with `process`, of a virtual machine with `snp`, `es` "
                    "or "
                    "`sev`."};
        } else if (key == "root") {
            if (value != "amd" && !(value.starts_with("emulated:") && isHex(std::string_view(value).substr(9), 64)))
                return ConfigProblem{{"expect", key}, {}, "'expect.root' is '" + shown(value) + "'",
                    "Give \"amd\", or \"emulated:\" and the 64 hex digits of an emulated root's fingerprint."};
        } else if (key == "technology") {
            if (value != "snp" && value != "es" && value != "sev")
                return ConfigProblem{{"expect", key}, {}, "'expect.technology' is '" + shown(value) + "'",
                    "Give \"snp\", \"es\" or \"sev\": the least that has to protect the keep."};
        } else if (key == "host") {
            if (const auto why = textProblem(value); value.empty() || !why.empty())
                return ConfigProblem{{"expect", key}, {}, "'expect.host' " + (value.empty() ? "is empty" : why),
                    "Give \"emulated\", \"local\" or a libvirt URI."};
        } else if (key.starts_with("min_tcb.")) {
            unsigned number = 0;
            const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), number);
            if (code != std::errc{} || end != value.data() + value.size() || number > 255)
                return ConfigProblem{{"expect", "min_tcb", key.substr(8)}, {},
                    "'expect." + shown(key) + "' is " + shown(value) + ", and has to be from 0 to 255", {}};
        } else {
            return ConfigProblem{{"expect", key}, {}, "there is no reference value '" + shown(key) + "'", {}};
        }
    }
    return {};
}

} // namespace

Problem firstProblem(const KeepConfig &config)
{
    for (const auto find : {argumentsProblem, environmentProblem, secretsProblem, limitsProblem, expectationProblem})
        if (auto problem = find(config))
            return problem;
    return {};
}

Status checkAgainst(const KeepConfig &config, const TomlTable &top)
{
    const auto problem = firstProblem(config);
    if (!problem)
        return {};
    const TomlValue *value = &top.value();
    unsigned line = 1;
    for (const auto &key : problem->path) {
        const auto at = std::ranges::find(value->table, key, &TomlEntry::key);
        if (at == value->table.end())
            break;
        line = at->line;
        value = &at->value;
    }
    if (problem->index && *problem->index < value->array.size())
        line = value->array[*problem->index].line;
    return top.refuse(line, problem->why, problem->remedy);
}

Status readEnvironment(const TomlTable &top, std::map<std::string, std::string> &target)
{
    KASTELLAN_ASSIGN(const TomlValue *value, top.table("env"));
    if (!value)
        return {};
    const TomlTable table = top.below(*value, "env");
    for (const auto &entry : value->table)
        KASTELLAN_TRY(table.string(entry.key, target[entry.key]));
    return {};
}

} // namespace workload

bool isSecretName(std::string_view name)
{
    return !name.empty() && name.size() <= 64 && name.front() != '.' && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    });
}

Status checkConfig(const KeepConfig &config)
{
    const auto problem = workload::firstProblem(config);
    if (!problem)
        return {};
    std::string where;
    for (const auto &key : problem->path)
        where += (where.empty() ? "" : ".") + workload::shown(key);
    return badInput("use a configuration", std::move(where), problem->why, problem->remedy);
}

} // namespace kastellan
