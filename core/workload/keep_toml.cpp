// SPDX-License-Identifier: Apache-2.0
#include "core/workload/config.h"
#include "core/workload/text.h"
#include "core/workload/toml.h"
#include "core/workload/units.h"
#include "core/workload/workload.h"

#include <algorithm>
#include <limits>

namespace kastellan {
namespace {

using workload::shown;
using workload::TomlEntry;
using workload::TomlTable;
using workload::TomlValue;

Status readStream(const TomlTable &table, std::string_view key, KeepConfig::Stream &target)
{
    std::string word = "inherit";
    KASTELLAN_TRY(table.string(key, word));
    if (word != "inherit" && word != "null")
        return table.refuse(table.find(key)->line, "'" + std::string(key) + "' is '" + shown(word) + "'", "Give \"inherit\" or \"null\".");
    target = word == "null" ? KeepConfig::Stream::Null : KeepConfig::Stream::Inherit;
    return {};
}

/// A size or duration: a string with its unit, or a plain number of bytes or seconds.
Status readQuantity(const TomlTable &table, std::string_view key, std::optional<std::uint64_t> (*parse)(std::string_view),
    std::string_view example, std::uint64_t &target)
{
    const TomlEntry *entry = table.find(key);
    if (!entry)
        return {};
    if (entry->value.kind == TomlValue::Kind::Integer) {
        if (entry->value.integer < 0)
            return table.refuse(entry->line, "'" + table.full(key) + "' is less than nothing");
        target = static_cast<std::uint64_t>(entry->value.integer);
        return {};
    }
    if (entry->value.kind != TomlValue::Kind::String)
        return table.wrongType(*entry, "a string with its unit, as " + std::string(example));
    const auto value = parse(entry->value.text);
    if (!value)
        return table.refuse(entry->line,
            "'" + table.full(key) + "' is '" + shown(entry->value.text) + "', which is no quantity that is known here",
            "Give a whole number and its unit, as " + std::string(example) + ".");
    target = *value;
    return {};
}

Status readExpect(const TomlTable &top, KeepConfig &config)
{
    KASTELLAN_ASSIGN(const TomlValue *value, top.table("expect"));
    if (!value)
        return {};
    const TomlTable table = top.below(*value, "expect");
    KASTELLAN_TRY(table.onlyKeys({"digest", "root", "host", "technology", "min_tcb"}));
    for (const std::string_view key : {"digest", "root", "host", "technology"})
        if (table.find(key))
            KASTELLAN_TRY(table.string(key, config.expect[std::string(key)]));
    KASTELLAN_ASSIGN(const TomlValue *levels, table.table("min_tcb"));
    if (!levels)
        return {};
    const TomlTable floors = table.below(*levels, "min_tcb");
    KASTELLAN_TRY(floors.onlyKeys({"bl", "tee", "snp", "ucode", "fmc"}));
    for (const auto &level : levels->table) {
        if (level.value.kind != TomlValue::Kind::Integer)
            return floors.wrongType(level, "a whole number");
        config.expect["min_tcb." + level.key] = std::to_string(level.value.integer);
    }
    return {};
}

Status readLimits(const TomlTable &top, KeepConfig &config)
{
    KASTELLAN_ASSIGN(const TomlValue *value, top.table("limits"));
    if (!value)
        return {};
    const TomlTable table = top.below(*value, "limits");
    KASTELLAN_TRY(table.onlyKeys({"memory", "time", "output"}));
    KASTELLAN_TRY(readQuantity(table, "memory", workload::parseSize, "\"256 MiB\"", config.memoryLimit));
    KASTELLAN_TRY(readQuantity(table, "time", workload::parseDuration, "\"90s\"", config.timeLimit));
    return readQuantity(table, "output", workload::parseSize, "\"10 MiB\"", config.outputLimit);
}

Status readReattest(const TomlTable &top, KeepConfig &config)
{
    std::uint64_t seconds = 0;
    KASTELLAN_TRY(readQuantity(top, "reattest", workload::parseDuration, "\"15m\"", seconds));
    config.reattestSeconds = static_cast<unsigned>(std::min<std::uint64_t>(seconds, std::numeric_limits<unsigned>::max()));
    std::string word = "warn";
    KASTELLAN_TRY(top.string("on_failure", word));
    if (word != "warn" && word != "stop")
        return top.refuse(top.find("on_failure")->line, "'on_failure' is '" + shown(word) + "'", "Give \"warn\" or \"stop\".");
    config.stopOnFailedAttestation = word == "stop";
    return {};
}

} // namespace

Result<KeepConfig> parseKeepToml(std::string_view text, std::string_view file)
{
    KASTELLAN_ASSIGN(const TomlValue root, workload::parseToml(text, file));
    const TomlTable top(root, file);
    KASTELLAN_TRY(top.onlyKeys({"args", "env", "stdin", "stdout", "stderr", "secrets", "limits", "expect", "reattest", "on_failure"}));
    KeepConfig config;
    KASTELLAN_TRY(top.strings("args", config.args));
    KASTELLAN_TRY(workload::readEnvironment(top, config.env));
    KASTELLAN_TRY(readStream(top, "stdin", config.stdin_));
    KASTELLAN_TRY(readStream(top, "stdout", config.stdout_));
    KASTELLAN_TRY(readStream(top, "stderr", config.stderr_));
    KASTELLAN_TRY(top.strings("secrets", config.secrets));
    KASTELLAN_TRY(readLimits(top, config));
    KASTELLAN_TRY(readExpect(top, config));
    KASTELLAN_TRY(readReattest(top, config));
    KASTELLAN_TRY(workload::checkAgainst(config, top));
    return config;
}

std::string toToml(const KeepConfig &config)
{
    using workload::tomlKey;
    using workload::tomlString;
    const auto list = [](const std::vector<std::string> &values) {
        std::string out = "[";
        for (const auto &value : values)
            out += (out.size() > 1 ? ", " : "") + tomlString(value);
        return out + "]\n";
    };
    const auto stream = [](KeepConfig::Stream value) { return value == KeepConfig::Stream::Null ? "\"null\"\n" : "\"inherit\"\n"; };
    std::string out = "args = " + list(config.args);
    (out += "stdin = ") += stream(config.stdin_);
    (out += "stdout = ") += stream(config.stdout_);
    (out += "stderr = ") += stream(config.stderr_);
    out += "secrets = " + list(config.secrets);
    if (config.reattestSeconds)
        out += "reattest = \"" + workload::durationText(config.reattestSeconds) + "\"\n";
    (out += "on_failure = ") += config.stopOnFailedAttestation ? "\"stop\"\n" : "\"warn\"\n";
    out += "\n[limits]\nmemory = \"" + workload::sizeText(config.memoryLimit) + "\"\n";
    if (config.timeLimit)
        out += "time = \"" + workload::durationText(config.timeLimit) + "\"\n";
    if (config.outputLimit)
        out += "output = \"" + workload::sizeText(config.outputLimit) + "\"\n";
    if (!config.env.empty())
        out += "\n[env]\n";
    for (const auto &[name, value] : config.env)
        out += tomlKey(name) + " = " + tomlString(value) + "\n";
    if (!config.expect.empty())
        out += "\n[expect]\n";
    for (const auto &[key, value] : config.expect) // "min_tcb.snp" is a dotted key, and its value a number
        out += key + " = " + (key.starts_with("min_tcb.") ? value : tomlString(value)) + "\n";
    return out;
}

} // namespace kastellan
