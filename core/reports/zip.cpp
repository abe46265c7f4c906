// SPDX-License-Identifier: Apache-2.0
#include "core/reports/zip.h"

#include <memory>

#include <archive.h>
#include <archive_entry.h>

namespace kastellan::reports {
namespace {

struct FreeArchive {
    void operator()(archive *handle) const { archive_write_free(handle); }
};
struct FreeEntry {
    void operator()(archive_entry *entry) const { archive_entry_free(entry); }
};

la_ssize_t append(archive *, void *target, const void *data, std::size_t size)
{
    const auto *bytes = static_cast<const std::uint8_t *>(data);
    static_cast<Bytes *>(target)->insert(static_cast<Bytes *>(target)->end(), bytes, bytes + size);
    return static_cast<la_ssize_t>(size);
}

std::unexpected<Error> problem(archive *handle, const std::string &path)
{
    const char *why = archive_error_string(handle);
    return fail(ErrorKind::Internal, "write a zip archive", path, why ? why : "the library does not say why");
}

} // namespace

Result<Bytes> zipped(const std::vector<ArchivedFile> &files)
{
    Bytes bytes;
    const std::unique_ptr<archive, FreeArchive> handle(archive_write_new());
    if (!handle)
        return environment("write a zip archive", {}, "there is not enough memory", "Close other programs.");
    if (archive_write_set_format_zip(handle.get()) != ARCHIVE_OK
        || archive_write_set_options(handle.get(), "zip:compression=deflate") != ARCHIVE_OK
        || archive_write_set_bytes_per_block(handle.get(), 0) != ARCHIVE_OK
        || archive_write_open(handle.get(), &bytes, nullptr, append, nullptr) != ARCHIVE_OK)
        return problem(handle.get(), {});
    for (const auto &file : files) {
        const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
        archive_entry_set_pathname_utf8(entry.get(), file.path.c_str());
        archive_entry_set_filetype(entry.get(), AE_IFREG);
        archive_entry_set_perm(entry.get(), 0644);
        archive_entry_set_size(entry.get(), static_cast<la_int64_t>(file.content.size()));
        // Without a time: a zip holds local time, which would differ from place to place.
        archive_entry_unset_mtime(entry.get());
        if (archive_write_header(handle.get(), entry.get()) != ARCHIVE_OK
            || archive_write_data(handle.get(), file.content.data(), file.content.size()) != static_cast<la_ssize_t>(file.content.size()))
            return problem(handle.get(), file.path);
    }
    if (archive_write_close(handle.get()) != ARCHIVE_OK)
        return problem(handle.get(), {});
    return bytes;
}

} // namespace kastellan::reports
