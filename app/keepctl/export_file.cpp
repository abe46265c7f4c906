// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/export_file.h"

#include "core/base/digest.h"
#include "core/base/file.h"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>

namespace kastellan::keepctl {

namespace fs = std::filesystem;

namespace {
std::unexpected<Error> alreadyThere(const fs::path &file)
{
    return badInput("write the export", file.string(), "the file is there already", "Choose another name, or give --force to replace it.");
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
    KASTELLAN_TRY(writeFileAtomically(beside, content, 0644));
    return placeExport(beside, file, force);
}

} // namespace kastellan::keepctl
