// SPDX-License-Identifier: Apache-2.0
// Enarx.toml as Enarx 0.7.1 reads it. Where Enarx ignores a key that it does not know, this refuses it: a misspelt `steward` is no joke.
#include "core/workload/config.h"
#include "core/workload/text.h"
#include "core/workload/toml.h"
#include "core/workload/workload.h"

#include <array>

namespace kastellan {
namespace {

using workload::shown;
using workload::TomlTable;
using workload::TomlValue;

constexpr std::array<std::string_view, 3> standard{"stdin", "stdout", "stderr"};

/// One entry of `files`: its index is the descriptor's number. Yields the name it has in FD_NAMES.
Result<std::string> readDescriptor(const TomlTable &top, const TomlValue &value, std::size_t number, KeepConfig &config)
{
    const std::string descriptor = "descriptor " + std::to_string(number);
    if (value.kind != TomlValue::Kind::Table)
        return top.refuse(value.line, descriptor + " in 'files' is not a table", "Give a table such as { kind = \"stdout\" }.");
    const TomlTable table = top.below(value, "files");
    std::string kind;
    KASTELLAN_TRY(table.string("kind", kind));
    if (!table.find("kind"))
        return table.refuse(value.line, descriptor + " has no 'kind'", "Give kind = \"stdin\", \"stdout\", \"stderr\" or \"null\".");
    const unsigned line = table.find("kind")->line;
    if (kind == "listen" || kind == "connect") {
        KASTELLAN_TRY(table.onlyKeys({"kind", "name", "prot", "addr", "host", "port"}));
        std::string name;
        KASTELLAN_TRY(table.string(table.find("name") || kind == "listen" ? "name" : "host", name));
        return table.refuse(line,
            descriptor + (name.empty() ? "" : ", '" + shown(name) + "',") + " is a socket (kind \"" + kind
                + "\"), and this version of Kastellan gives workloads no sockets",
            "Let the workload use stdin and stdout, or run it with Enarx.");
    }
    const std::vector<std::string_view> kinds{"null", "stdin", "stdout", "stderr", "listen", "connect"};
    if (kind != "null" && kind != "stdin" && kind != "stdout" && kind != "stderr") {
        const auto near = workload::nearest(kind, kinds);
        return table.refuse(line, descriptor + " is of the unknown kind '" + shown(kind) + "'",
            near.empty() ? "Known are null, stdin, stdout and stderr." : "Did you mean \"" + std::string(near) + "\"?");
    }
    KASTELLAN_TRY(table.onlyKeys({"kind", "name"}));
    std::string name = kind;
    KASTELLAN_TRY(table.string("name", name));
    if (name.find(':') != std::string::npos)
        return table.refuse(
            table.find("name")->line, "the name '" + shown(name) + "' has a ':' in it, which separates the names in FD_NAMES");
    if (number >= standard.size())
        return table.refuse(value.line,
            descriptor + ", '" + shown(name) + "', is one too many: this version of Kastellan gives workloads descriptors 0, 1 and 2",
            "Leave out what comes after the third entry of 'files'.");
    if (kind != "null" && kind != standard[number])
        return table.refuse(line, descriptor + " is " + kind + ", and in a keep it can be " + std::string(standard[number]) + " or null",
            "Put stdin, stdout and stderr into their usual order.");
    auto &stream = number == 0 ? config.stdin_ : number == 1 ? config.stdout_ : config.stderr_;
    stream = kind == "null" ? KeepConfig::Stream::Null : KeepConfig::Stream::Inherit;
    return name;
}

} // namespace

Result<KeepConfig> parseEnarxToml(std::string_view text, std::string_view file)
{
    KASTELLAN_ASSIGN(const TomlValue root, workload::parseToml(text, file));
    const TomlTable top(root, file);
    KASTELLAN_TRY(top.onlyKeys({"steward", "args", "env", "files"}));
    if (const auto *steward = top.find("steward"))
        return top.refuse(steward->line, "it names a steward, and this version of Kastellan gets no certificates for workloads",
            "Leave 'steward' out: Kastellan itself attests the keep before the workload is sent.");
    KeepConfig config;
    KASTELLAN_TRY(top.strings("args", config.args));
    KASTELLAN_TRY(workload::readEnvironment(top, config.env));

    // Enarx: a configuration without `files` gives no descriptor at all.
    config.stdin_ = config.stdout_ = config.stderr_ = KeepConfig::Stream::Null;
    std::size_t count = 0;
    std::string names;
    if (const auto *files = top.find("files")) {
        if (files->value.kind != TomlValue::Kind::Array)
            return top.wrongType(*files, "a list of tables ([[files]])");
        for (const auto &entry : files->value.array) {
            KASTELLAN_ASSIGN(const std::string name, readDescriptor(top, entry, count, config));
            names += (count++ ? ":" : "") + name;
        }
    }
    // Enarx sets these two over whatever `env` has.
    config.env["FD_COUNT"] = std::to_string(count);
    config.env["FD_NAMES"] = names;
    KASTELLAN_TRY(workload::checkAgainst(config, top));
    return config;
}

} // namespace kastellan
