// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/workload/package.h"
#include "core/workload/toml.h"
#include "core/workload/workload.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>

namespace kastellan {
namespace {

namespace fs = std::filesystem;
using workload::Parts;

constexpr const char *what = "read a workload";

/// Refuses what is no plain file, and what is too large: before a byte of it is read.
Status checkFile(const fs::path &path)
{
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0)
        return cannotOpen(what, path.string(), errno);
    if (!S_ISREG(status.st_mode))
        return badInput(
            what, path.string(), "it is neither a file nor a folder", "Give a .wasm file, a folder, or a .tar, .tar.gz or .zip package.");
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (size > moduleSizeLimit)
        return badInput(what, path.string(), "it has " + std::to_string(size) + " bytes, and at most 100 MB are taken",
            "Build the module smaller (-Oz, wasm-strip), or let it read its data from stdin.");
    return {};
}

Result<Bytes> beginning(const fs::path &path)
{
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file)
        return cannotOpen(what, path.string(), errno);
    Bytes bytes(512);
    const ssize_t count = ::pread(file.get(), bytes.data(), bytes.size(), 0);
    if (count < 0)
        return systemError(what, path.string(), errno);
    bytes.resize(static_cast<std::size_t>(count));
    return bytes;
}

Result<std::optional<std::string>> textIfThere(const fs::path &path)
{
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0 && errno == ENOENT)
        return std::nullopt;
    KASTELLAN_ASSIGN(const Bytes bytes, readFile(path, workload::tomlLimit));
    return std::string(asText(bytes));
}

/// The first file of a folder from which a module could be built; empty if there is none.
std::string sourceIn(const fs::path &folder)
{
    std::string found;
    std::error_code code;
    for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
        const std::string name = entry->path().filename().string(), extension = entry->path().extension().string();
        for (const std::string_view known : {".c", ".cpp", ".rs", ".wat", ".go", ".zig"})
            if (extension == known && (found.empty() || name < found))
                found = name;
    }
    return found;
}

Result<Parts> readFolder(const fs::path &folder)
{
    const fs::path module = folder / "main.wasm";
    struct stat status{};
    if (::stat(module.c_str(), &status) != 0 && errno == ENOENT) {
        if (const auto source = sourceIn(folder); !source.empty())
            return badInput(what, folder.string(), "it has no main.wasm, only its source " + source,
                "It must be built: ./dev build builds those of resources/examples; for your own, build " + source + " for wasm32-wasi.");
        return badInput(
            what, folder.string(), "it has no main.wasm", "Put the module there under this name, or give the .wasm file itself.");
    }
    KASTELLAN_TRY(checkFile(module));
    Parts parts;
    KASTELLAN_ASSIGN(parts.module, readFile(module, moduleSizeLimit));
    KASTELLAN_ASSIGN(parts.keepToml, textIfThere(folder / "Keep.toml"));
    KASTELLAN_ASSIGN(parts.enarxToml, textIfThere(folder / "Enarx.toml"));
    return parts;
}

Status configure(Workload &workload, Parts &parts)
{
    if (parts.keepToml) {
        workload.configText = std::move(*parts.keepToml);
        workload.configFile = (workload.path / "Keep.toml").string();
        KASTELLAN_ASSIGN(workload.config, parseKeepToml(workload.configText, workload.configFile));
        if (parts.enarxToml)
            workload.notes.emplace_back("Enarx.toml is not read: Keep.toml is there too");
    } else if (parts.enarxToml) {
        workload.configText = std::move(*parts.enarxToml);
        workload.configFile = (workload.path / "Enarx.toml").string();
        KASTELLAN_ASSIGN(workload.config, parseEnarxToml(workload.configText, workload.configFile));
        workload.notes.emplace_back("Enarx.toml read with Enarx's defaults");
        if (workload.config.stdout_ == KeepConfig::Stream::Null)
            workload.notes.emplace_back("Enarx.toml gives the workload no stdout: its output goes nowhere");
    }
    return {};
}

std::string nameOf(const fs::path &path)
{
    std::string name = path.filename().string();
    for (const std::string_view ending : {".tar.gz", ".tgz", ".tar", ".zip", ".wasm"})
        if (name.size() > ending.size() && name.ends_with(ending))
            return name.substr(0, name.size() - ending.size());
    return name;
}

} // namespace

Result<Workload> loadWorkload(const fs::path &given)
{
    Workload workload;
    std::error_code code;
    workload.path = fs::absolute(given, code).lexically_normal();
    if (!workload.path.has_filename()) // "folder/"
        workload.path = workload.path.parent_path();
    workload.name = nameOf(workload.path);

    Parts parts;
    std::string moduleFile = workload.path.string();
    if (fs::is_directory(workload.path, code)) {
        moduleFile = (workload.path / "main.wasm").string();
        KASTELLAN_ASSIGN(parts, readFolder(workload.path));
    } else {
        KASTELLAN_TRY(checkFile(workload.path));
        KASTELLAN_ASSIGN(const Bytes head, beginning(workload.path));
        if (workload::looksLikePackage(head)) {
            moduleFile += ": main.wasm";
            KASTELLAN_ASSIGN(parts, workload::readPackage(workload.path));
            if (!parts.module)
                return badInput(what, workload.path.string(), "the package has no main.wasm",
                    "Pack main.wasm and Keep.toml at its top or in one folder.");
        } else {
            KASTELLAN_ASSIGN(parts.module, readFile(workload.path, moduleSizeLimit));
        }
    }
    // The configuration first: it is what people write by hand.
    KASTELLAN_TRY(configure(workload, parts));
    KASTELLAN_TRY(admitModule(*parts.module, moduleFile));
    workload.module = std::move(*parts.module);
    workload.moduleDigest = sha256(workload.module);
    return workload;
}

} // namespace kastellan
