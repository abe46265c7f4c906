// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/image/build_image.h"

#include "core/base/file.h"
#include "core/evidence/json.h"
#include "sev-backend/process/run_program.h"

#include <cerrno>
#include <charconv>
#include <thread>

namespace kastellan::sev {

namespace fs = std::filesystem;

namespace {

constexpr const char *making = "make the keep image";

std::vector<std::string> split(const std::string &line)
{
    std::vector<std::string> parts{""};
    for (const char letter : line) {
        if (letter == '\t')
            parts.emplace_back();
        else
            parts.back() += letter;
    }
    return parts;
}

std::uint64_t number(const std::string &text)
{
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// The recipe's last line on standard error says in JSON what failed; anything else is a defect, and shown as it is.
Error failureOf(const ProgramOutput &end)
{
    std::string errors = end.errors;
    while (errors.ends_with('\n'))
        errors.pop_back();
    const std::string last = errors.substr(errors.rfind('\n') + 1);
    if (const auto value = js::parse(last, "the recipe's failure", 65536); value && value->is_object()) {
        js::Object object(*value, "failure");
        const std::string kind = object.text("kind");
        Error error{ErrorKind::Environment, object.text("what"), object.text("where"), object.text("why"), object.text("remedy")};
        if (kind == "input")
            error.kind = ErrorKind::Input;
        else if (kind == "negative")
            error.kind = ErrorKind::Negative;
        else if (kind == "cancelled")
            error.kind = ErrorKind::Cancelled;
        if (object.status())
            return error;
    }
    return {ErrorKind::Environment, making, "the recipe",
        "it ended with status " + std::to_string(end.status) + (last.empty() ? std::string() : ": " + last), {}};
}

} // namespace

Result<VmImage> buildVmImage(const VmImageRequest &request, const Progress &progress,
    const std::function<void(const std::string &)> &remark, const std::stop_token &stop)
{
    const fs::path recipe =
        request.recipe.empty() ? (programFolder() / ".." / "share" / "kastellan" / "vm-image-recipe").lexically_normal() : request.recipe;
    std::error_code code;
    if (!fs::exists(recipe / "build.py", code))
        return environment(making, recipe.string(), "the recipe is not installed there", "Install Kastellan whole, or build it.");
    const unsigned jobs = request.jobs != 0 ? request.jobs : std::max(1u, std::thread::hardware_concurrency());
    const fs::path lock = request.lock.empty() ? recipe / "inputs.lock.json" : request.lock;
    const fs::path cache = request.cache.empty() ? cacheFolder() / "vm-image" : request.cache;
    std::vector<std::string> words{"python3", "-B", (recipe / "build.py").string(), "--out", request.out.string(), "--tree",
        request.tree.string(), "--lock", lock.string(), "--cache", cache.string(), "--version", request.version, "--jobs",
        std::to_string(jobs)};
    for (const auto &[option, value] :
        {std::pair{"--inputs", &request.inputs}, {"--kernel", &request.kernel}, {"--command-line", &request.commandLine}})
        if (!value->empty())
            words.insert(words.end(), {option, value->string()});
    if (request.updateLock)
        words.emplace_back("--update-lock");
    ProgramLimits limits;
    limits.time = ProgramLimits::anyTime; // a kernel takes minutes
    limits.stop = stop;
    limits.stopSignal = SIGTERM; // it takes away what it has begun
    limits.line = [&](const std::string &line) {
        const auto parts = split(line);
        if (parts.front() == "progress" && parts.size() == 4 && progress)
            progress(parts[1], number(parts[2]), number(parts[3]));
        else if (parts.front() == "remark" && parts.size() == 2 && remark)
            remark(parts[1]);
    };
    const ProgramOutput ended = runProgram(words, limits);
    if (ended.error == ENOENT)
        return environment(making, words.front(), "the program is not installed", "Install it ('apt install python3').");
    if (ended.error)
        return systemError(making, words.front(), ended.error);
    if (ended.status != 0)
        return std::unexpected(failureOf(ended));
    return openVmImage(request.out);
}

} // namespace kastellan::sev
