// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/firmware/action_run.h"

#include "core/base/file.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kastellan::sev {
namespace fs = std::filesystem;

std::string ActionRun::text(const char *argument, std::string otherwise) const
{
    const auto found = plan.arguments.find(argument);
    return found == plan.arguments.end() || found->second.empty() ? std::move(otherwise) : found->second;
}

bool ActionRun::flag(const char *argument) const
{
    return has(argument) && text(argument, "yes") == "yes";
}

Result<Bytes> ActionRun::input(const char *argument, std::uint64_t limit) const
{
    return readFile(text(argument), limit);
}

Status ActionRun::checkOutput(const char *argument) const
{
    const fs::path file = text(argument);
    const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
    struct stat status{};
    if (::stat(folder.c_str(), &status) != 0)
        return systemError("write a file", folder.string(), errno);
    if (!S_ISDIR(status.st_mode))
        return badInput("write a file", folder.string(), "it is no folder", "Choose another place.");
    if (::faccessat(AT_FDCWD, folder.c_str(), W_OK, AT_EACCESS) != 0)
        return systemError("write a file", folder.string(), errno);
    if (::lstat(file.c_str(), &status) != 0)
        return {};
    if (S_ISDIR(status.st_mode))
        return badInput("write a file", file.string(), "a folder with this name is there", "Choose another name.");
    if (!flag("force"))
        return badInput("write a file", file.string(), "the file is there already", "Choose another name, or give --force to replace it.");
    return {};
}

std::string ActionRun::what() const
{
    const auto row = findAction(plan.action);
    return row ? actionWords((*row)->described) : plan.action;
}

std::string withoutDots(std::string_view title)
{
    constexpr std::string_view dots = "…";
    return std::string(title.ends_with(dots) ? title.substr(0, title.size() - dots.size()) : title);
}

std::string actionWords(const PlatformAction &action)
{
    std::string words = withoutDots(action.title);
    if (!words.empty() && words[0] >= 'A' && words[0] <= 'Z')
        words[0] = static_cast<char>(words[0] - 'A' + 'a');
    return words;
}

Result<ActionOutcome> writeOutputs(const ActionRun &run, std::vector<ExportFile> files, std::string summary)
{
    KASTELLAN_TRY(writeExports(files, run.flag("force")));
    ActionOutcome outcome{std::move(summary), {}, {}};
    for (const auto &file : files)
        outcome.files.push_back(file.path.string());
    return outcome;
}

PlatformAction described(
    std::string id, std::string title, std::string summary, ActionEffect effect, std::vector<ActionParameter> parameters)
{
    return {std::move(id), std::move(title), std::move(summary), effect, std::move(parameters), false, {}};
}

ActionParameter inputFile(std::string id, std::string label, std::string help, bool required)
{
    return {std::move(id), std::move(label), std::move(help), ActionParameter::Kind::InputFile, required, {}, {}};
}

ActionParameter outputFile(std::string id, std::string label, std::string help)
{
    return {std::move(id), std::move(label), std::move(help), ActionParameter::Kind::OutputFile, true, {}, {}};
}

ActionParameter forceFlag()
{
    return {"force", "Replace existing files", "Existing files are replaced", ActionParameter::Kind::Flag, false, {}, "no"};
}

const std::vector<ActionRow> &actionRows()
{
    static const std::vector<ActionRow> rows = [] {
        std::vector<ActionRow> all;
        addExportActions(all);
        addOwnershipActions(all);
        addSnpActions(all);
        return all;
    }();
    return rows;
}

Result<const ActionRow *> findAction(std::string_view id)
{
    std::string known;
    for (const auto &row : actionRows()) {
        if (row.described.id == id)
            return &row;
        known += (known.empty() ? "" : ", ") + row.described.id;
    }
    return badInput("manage the platform", std::string(id), "there is no such action", "These are known: " + known + ".");
}

} // namespace kastellan::sev
