// SPDX-License-Identifier: Apache-2.0
#include "app/backends/added_hosts.h"
#include "app/backends/addresses.h"
#include "app/backends/backends.h"
#include "app/keepctl/commands.h"
#include "app/keepctl/find.h"
#include "app/keepctl/generate.h"
#include "app/keepctl/help.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "core/base/file.h"
#include "core/evidence/json.h"

#include <algorithm>
#include <csignal>
#include <span>

namespace kastellan::keepctl {

namespace {

Result<int> writeGenerated(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const auto files, generate(asked.what));
    if (asked.output.empty())
        return badInput("generate", "--generate " + asked.what, "it needs --output FOLDER");
    KASTELLAN_TRY(makeFolder(asked.output, 0755));
    for (const Generated &file : files)
        KASTELLAN_TRY(writeFileAtomically(std::filesystem::path(asked.output) / file.name, asBytes(file.content), 0644));
    return exit_code::done;
}

Result<int> act(const Invocation &asked)
{
    switch (asked.kind) {
    case Invocation::Kind::Help:
        print(asked.verb ? helpText(*asked.noun, *asked.verb) : asked.noun ? helpText(*asked.noun) : helpText());
        return exit_code::done;
    case Invocation::Kind::Version:
        print("keepctl " KASTELLAN_VERSION "\n");
        return exit_code::done;
    case Invocation::Kind::Generate:
        return writeGenerated(asked);
    case Invocation::Kind::Words: {
        KASTELLAN_ASSIGN(const std::string words, completionWords(asked.what, *makeHosts()));
        print(words);
        return exit_code::done;
    }
    case Invocation::Kind::Look: {
        KASTELLAN_ASSIGN(const auto host, hostAt(asked.what));
        print(toJson(lookOf(host->info())) + "\n");
        return exit_code::done;
    }
    case Invocation::Kind::Run:
        break;
    }
    return run(asked, Context{makeHosts(), makeEvidenceBackend()});
}

/// Whether the words ask for JSON and for a foreground launch: known even when the rest of them is wrong.
bool asksFor(std::span<const std::string> words, std::string_view word)
{
    return std::ranges::find(words, word) != words.end();
}

int complain(const Error &error, std::span<const std::string> words, bool understood)
{
    int code = exitCodeOf(error);
    // A foreground launch passes the workload's codes through: its own have to stand apart from them.
    if (!understood && words.size() >= 2 && words[0] == "keep" && words[1] == "launch" && !asksFor(words, "--detach")
        && !asksFor(words, "-d"))
        code = exit_code::notLaunched;
    say(error.message());
    if (asksFor(words, "--json"))
        printJson({{"error", toJson(error)}, {"status", code}});
    return code;
}

} // namespace

} // namespace kastellan::keepctl

int main(int argc, char **argv)
{
    using namespace kastellan::keepctl;
    // A reader that goes away is an error of that write. A handler, not SIG_IGN: programs that are started do not inherit it.
    std::signal(SIGPIPE, [](int) {});
    const std::vector<std::string> words(argv + 1, argv + argc);
    const auto asked = parse(words);
    if (!asked)
        return complain(asked.error(), words, false);
    const auto code = act(*asked);
    return code ? *code : complain(code.error(), words, true);
}
