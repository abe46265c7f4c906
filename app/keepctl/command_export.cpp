// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/activity.h"
#include "app/keepctl/commands.h"
#include "app/keepctl/ear_token.h"
#include "app/keepctl/export_file.h"
#include "app/keepctl/find.h"
#include "app/keepctl/output.h"
#include "app/keepctl/suggest.h"
#include "core/base/file.h"
#include "core/evidence/reappraise.h"
#include "core/reports/redact.h"
#include "core/reports/reports.h"

#include <cerrno>
#include <ctime>

#include <spawn.h>
#include <sys/wait.h>

namespace kastellan::keepctl {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t pdfLimit = 256 << 20;

/// By --format, else by the file's ending, else html.
std::string formatOf(const Invocation &asked)
{
    if (asked.has("format"))
        return asked.value("format");
    const std::string ending = fs::path(asked.value("output")).extension().string();
    if (ending == ".json" || ending == ".pdf")
        return ending.substr(1);
    if (ending == ".jwt" || ending == ".cwt")
        return "ear-" + ending.substr(1);
    return ending == ".zip" ? "bundle" : "html";
}

/// Runs the desktop program off screen; its own messages go to our standard error.
Status renderPdf(const std::string &record, const fs::path &file)
{
    const std::string program = (programFolder() / "kastellan").string();
    const std::string remedy = "Export as HTML instead: keepctl evidence export " + record + " --format html";
    if (::access(program.c_str(), X_OK) != 0)
        return environment("make a PDF", program, "the desktop program is not installed, and it draws the pages", remedy);
    std::vector<std::string> words{program, "--render-report", record, "--output", file.string()};
    std::vector<char *> arguments, variables;
    for (std::string &word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::string platform = "QT_QPA_PLATFORM=offscreen";
    for (char **variable = environ; *variable; ++variable)
        if (!std::string_view(*variable).starts_with("QT_QPA_PLATFORM="))
            variables.push_back(*variable);
    variables.push_back(platform.data());
    variables.push_back(nullptr);
    pid_t pid = 0;
    if (const int number = ::posix_spawn(&pid, program.c_str(), nullptr, nullptr, arguments.data(), variables.data()); number != 0)
        return systemError("make a PDF", program, number);
    int result = 0;
    while (::waitpid(pid, &result, 0) < 0 && errno == EINTR) {}
    if (!WIFEXITED(result) || WEXITSTATUS(result) != 0)
        return environment("make a PDF", program,
            WIFEXITED(result) ? "it ended with status " + std::to_string(WEXITSTATUS(result)) : std::string("it crashed"), remedy);
    return {};
}

Result<Bytes> content(Record record, const std::string &format, const Invocation &asked, const EvidenceBackend &backend)
{
    auto view = backend.describe(record.evidence);
    Appraisal today = reappraise(record, backend, std::time(nullptr)); // exports show the stored verdict and this one
    if (asked.has("redact-chip-id")) {
        EvidenceView nothing;
        redactChipId(record, view ? *view : nothing, today, backend.platformIdentity(record.evidence));
    }
    if (format == "json")
        return toBytes(recordJson(record, view ? &*view : nullptr, &today) + "\n");
    // Evidence that cannot be read was refused for that; the report says so, and shows what there is.
    const EvidenceView shown = view ? *view : EvidenceView{};
    if (format.starts_with("ear-"))
        return earToken(asked, record.appraisal, record.expected, record.evidence.kind, format == "ear-cwt");
    if (format == "html")
        return toBytes(recordHtml(record, shown, &today));
    return recordBundle(record, shown, &today);
}

} // namespace

Result<int> evidenceExport(const Invocation &asked, const Context &context)
{
    const std::string format = formatOf(asked);
    KASTELLAN_ASSIGN(const auto store, RecordStore::open());
    KASTELLAN_ASSIGN(const Record record, findRecord(*store, asked.operands.front()));
    const std::string ending = format == "bundle" ? "zip" : format.starts_with("ear-") ? format.substr(4) : format;
    const std::string file = asked.value("output", record.id + "." + ending);
    const bool force = asked.has("force");
    if (asked.has("redact-chip-id") && format != "json" && format != "html" && format != "bundle")
        return badInput("export the record", format, "the chip id cannot be taken out of this format", "Export json, html or bundle.");
    if (format == "pdf") {
        std::error_code ignored;
        const bool toOutput = file == "-";
        const fs::path beside =
            toOutput ? fs::temp_directory_path(ignored) / besideExport("kastellan.pdf") : besideExport(fs::absolute(file));
        if (!toOutput && !force && fs::exists(fs::symlink_status(file, ignored)))
            return badInput("write the export", file, "the file is there already", "Choose another name, or give --force to replace it.");
        const Status rendered = renderPdf(record.id, beside);
        if (!rendered) {
            fs::remove(beside, ignored);
            return std::unexpected(rendered.error());
        }
        if (toOutput) {
            const auto pages = readFile(beside, pdfLimit);
            fs::remove(beside, ignored);
            KASTELLAN_TRY(pages);
            KASTELLAN_TRY(writeAll(1, *pages, "standard output"));
        } else {
            KASTELLAN_TRY(placeExport(beside, file, force));
        }
    } else {
        KASTELLAN_ASSIGN(const Bytes bytes, content(record, format, asked, *context.backend));
        KASTELLAN_TRY(file == "-" ? writeAll(1, bytes, "standard output") : writeExport(file, bytes, force));
    }
    logActivity("export evidence", record.id, format);
    if (file != "-")
        print(inLine(file) + "\n");
    return exit_code::done;
}

} // namespace kastellan::keepctl
