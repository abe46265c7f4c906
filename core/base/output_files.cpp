// SPDX-License-Identifier: Apache-2.0
#include "core/base/output_files.h"

#include "core/base/digest.h"
#include "core/base/file.h"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>

namespace kastellan {

namespace fs = std::filesystem;

namespace {
std::unexpected<Error> alreadyThere(const fs::path &file)
{
    return badInput("write the export", file.string(), "the file is there already", "Choose another name, or give --force to replace it.");
}

/// An error names the file that was meant, not the hidden one that is written first.
Status writeBeside(const fs::path &beside, const fs::path &file, ByteView content, mode_t mode)
{
    Status written = writeFileAtomically(beside, content, mode);
    if (!written)
        written.error().where = file.string();
    return written;
}
} // namespace

fs::path besideExport(const fs::path &file)
{
    const auto suffix = randomFixed<FixedBytes<struct ExportTag, 8>>();
    return file.parent_path() / ("." + file.filename().string().substr(0, 100) + "." + toHex(suffix.view()));
}

Status placeExport(const fs::path &finished, const fs::path &file, bool force)
{
    int number = 0;
    if (force) {
        if (::rename(finished.c_str(), file.c_str()) == 0)
            return {};
        number = errno;
    } else {
        if (::renameat2(AT_FDCWD, finished.c_str(), AT_FDCWD, file.c_str(), RENAME_NOREPLACE) == 0)
            return {};
        number = errno;
        // Some file systems cannot; a hard link refuses an existing name just as well.
        if (number == EINVAL || number == ENOSYS) {
            number = ::link(finished.c_str(), file.c_str()) == 0 ? 0 : errno;
            ::unlink(finished.c_str());
            if (number == 0)
                return {};
        }
    }
    ::unlink(finished.c_str());
    if (number == EEXIST)
        return alreadyThere(file);
    return systemError("write the export", file.string(), number);
}

Status writeExport(const fs::path &file, ByteView content, bool force)
{
    struct stat info = {};
    if (!force && ::lstat(file.c_str(), &info) == 0)
        return alreadyThere(file);
    const fs::path beside = besideExport(file);
    KASTELLAN_TRY(writeBeside(beside, file, content, 0644));
    return placeExport(beside, file, force);
}

Status writeExports(const std::vector<ExportFile> &files, bool force)
{
    // Whatever can be refused is refused before anything is written.
    for (std::size_t i = 0; i < files.size(); ++i) {
        struct stat info = {};
        if (::lstat(files[i].path.c_str(), &info) == 0 && (!force || S_ISDIR(info.st_mode)))
            return S_ISDIR(info.st_mode)
                ? badInput("write the export", files[i].path.string(), "a folder with this name is there", "Choose another name.")
                : Status(alreadyThere(files[i].path));
        for (std::size_t j = 0; j < i; ++j)
            if (files[i].path.lexically_normal() == files[j].path.lexically_normal())
                return badInput(
                    "write the export", files[i].path.string(), "two outputs would have this name", "Give them different names.");
    }
    struct Placing {
        fs::path beside;
        bool placed = false, exchanged = false;
    };
    std::vector<Placing> all(files.size());
    Status status;
    const auto undo = [&] {
        for (std::size_t i = 0; i < files.size(); ++i) {
            if (all[i].exchanged)
                ::renameat2(AT_FDCWD, all[i].beside.c_str(), AT_FDCWD, files[i].path.c_str(), RENAME_EXCHANGE);
            else if (all[i].placed)
                ::unlink(files[i].path.c_str());
            if (!all[i].beside.empty() && (!all[i].placed || all[i].exchanged))
                ::unlink(all[i].beside.c_str());
        }
    };
    for (std::size_t i = 0; i < files.size() && status; ++i) {
        all[i].beside = besideExport(files[i].path);
        status = writeBeside(all[i].beside, files[i].path, files[i].content, files[i].mode);
        if (!status)
            all[i].beside.clear();
    }
    for (std::size_t i = 0; i < files.size() && status; ++i) {
        // The old file waits in the place of the new one until all is done.
        if (force && ::renameat2(AT_FDCWD, all[i].beside.c_str(), AT_FDCWD, files[i].path.c_str(), RENAME_EXCHANGE) == 0) {
            all[i].placed = all[i].exchanged = true;
            continue;
        }
        status = placeExport(all[i].beside, files[i].path, force);
        all[i].placed = status.has_value();
        if (!status)
            all[i].beside.clear();
    }
    if (!status) {
        undo();
        return status;
    }
    for (const Placing &placing : all)
        if (placing.exchanged)
            ::unlink(placing.beside.c_str());
    return {};
}

} // namespace kastellan
