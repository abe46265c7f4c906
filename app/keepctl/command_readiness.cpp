// SPDX-License-Identifier: Apache-2.0
#include "app/backends/inspectors.h"
#include "app/keepctl/commands.h"
#include "app/keepctl/export_file.h"
#include "app/keepctl/find.h"
#include "app/keepctl/interrupts.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "app/keepctl/readiness_text.h"
#include "core/base/file.h"
#include "core/reports/readiness_html.h"

#include <algorithm>
#include <filesystem>

namespace kastellan::keepctl {
namespace fs = std::filesystem;
namespace {

/// A host's id or the beginning of it, or an address.
Result<std::shared_ptr<HostInspector>> inspectorOf(const Context &context, const std::string &text)
{
    if (text.find("://") != std::string::npos)
        return makeInspector(*context.hosts, text);
    KASTELLAN_ASSIGN(const auto host, findHost(*context.hosts, text));
    return makeInspector(*context.hosts, host->info().id);
}

Result<Readiness> look(const Invocation &asked, const Context &context)
{
    std::shared_ptr<HostInspector> inspector;
    const std::string word = asked.operands.empty() ? std::string() : asked.operands.front();
    if (!word.empty() && asked.has("host"))
        return badInput("check a host", word, "it says what to look at, and so does --host", "Give one of them.");
    const std::string host = asked.value("host", word.empty() ? "local" : word);
    if (asked.has("from")) {
        if (asked.has("host") || !word.empty())
            return badInput(
                "check a host", "--from", "it says what to look at, and so does " + (word.empty() ? "--host" : word), "Give one of them.");
        const std::string file = asked.value("from");
        KASTELLAN_ASSIGN(const Bytes content, readFile(file, recordingFileLimit));
        KASTELLAN_ASSIGN(inspector, makeRecordingInspector(asText(content), file));
    } else {
        auto found = inspectorOf(context, host);
        std::error_code ignored;
        if (!found && fs::is_regular_file(host, ignored))
            return badInput("find the host", host, "it is a file", "A recording is judged with 'keepctl host check --from " + host + "'.");
        KASTELLAN_ASSIGN(inspector, std::move(found));
    }
    ProgressLine line(asked.has("json") || !isTerminal(2));
    Interrupts interrupts; // what was started for it, ssh for one, ends with it
    const StopOnInterrupt stop(interrupts);
    auto result = inspector->inspect(
        {.probes = !asked.has("no-probes")},
        [&line](std::string_view doing, std::uint64_t done, std::uint64_t total) { line.show(doing, done, total); }, stop.token());
    line.clear();
    return result;
}

/// Ready for what was asked; without --for, for any protection. Nothing looked at: as if the environment had failed.
int exitOf(const Readiness &readiness, const std::string &protection)
{
    const bool looked = std::ranges::any_of(readiness.checks, [](const ReadinessCheck &check) {
        return check.state == CheckState::Pass || check.state == CheckState::Fail || check.state == CheckState::Warning;
    });
    if (!looked)
        return exit_code::environment;
    const bool ready = std::ranges::any_of(readiness.verdicts, [&protection](const ReadinessVerdict &verdict) {
        return (protection.empty() || verdict.protection == protection) && verdict.state == ReadinessVerdict::State::Ready;
    });
    return ready ? exit_code::done : exit_code::negative;
}

} // namespace

Result<int> hostCheck(const Invocation &asked, const Context &context)
{
    KASTELLAN_ASSIGN(const Readiness readiness, look(asked, context));
    const std::string protection = asked.value("for");
    if (!protection.empty() && !readiness.verdict(protection))
        return badInput("check a host", "--for " + protection, "the emulated host has one verdict, 'emulated'", "Leave --for out.");
    if (asked.has("html"))
        KASTELLAN_TRY(writeExport(asked.value("html"), asBytes(readinessHtml(readiness)), asked.has("force")));
    if (asked.has("json"))
        print(toJson(readiness) + "\n");
    else
        print(readinessText(readiness, protection, asked.has("all"), 1));
    return exitOf(readiness, protection);
}

Result<int> hostRecord(const Invocation &asked, const Context &context)
{
    // Other verbs take a host there: a file of that name would hold this computer, not that host.
    if (!asked.operands.empty() && (asked.operands.front().contains("://") || context.hosts->find(asked.operands.front())))
        return badInput("record a host", asked.operands.front(), "it is a host, and the word stands for the file to write",
            "Give '--host " + asked.operands.front() + "', and the name of a file.");
    KASTELLAN_ASSIGN(const auto inspector, inspectorOf(context, asked.value("host", "local")));
    ProgressLine line(!isTerminal(2));
    const InspectOptions options{.probes = !asked.has("no-probes"), .redactChipId = asked.has("redact-chip-id")};
    Interrupts interrupts;
    const StopOnInterrupt stop(interrupts);
    const auto recording = inspector->record(
        options, [&line](std::string_view doing, std::uint64_t done, std::uint64_t total) { line.show(doing, done, total); }, stop.token());
    line.clear();
    if (!recording)
        return std::unexpected(recording.error());
    const std::string file = asked.operands.empty() ? "-" : asked.operands.front();
    if (file == "-") {
        KASTELLAN_TRY(writeAll(1, asBytes(*recording), "standard output"));
        return exit_code::done;
    }
    KASTELLAN_TRY(writeExport(file, asBytes(*recording), asked.has("force")));
    note("recorded in " + inLine(file) + "\n");
    return exit_code::done;
}

} // namespace kastellan::keepctl
