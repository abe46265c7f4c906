// SPDX-License-Identifier: Apache-2.0
// Zip, tar and gzip: bundles of this program, exports of other tools, folders that someone packed.
#include "sev-backend/intake/parts.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <utility>

namespace kastellan::sev::intake {
namespace {

constexpr std::size_t entryLimit = std::size_t{16} << 20; ///< no evidence is larger

struct FreeArchive {
    void operator()(archive *reader) const { archive_read_free(reader); }
};
using Archive = std::unique_ptr<archive, FreeArchive>;

bool isArchive(ByteView bytes)
{
    const std::string_view text = asText(bytes);
    return text.starts_with("PK\x03\x04") || text.starts_with("PK\x05\x06") || text.starts_with("\x1f\x8b\x08")
        || (text.size() >= 512 && text.substr(257, 5) == "ustar");
}

/// A name from an archive, for messages only: nothing is ever written under it.
std::string shownName(const char *raw)
{
    constexpr std::size_t most = 200;
    std::string text = raw ? raw : "";
    if (text.size() > most)
        text = text.substr(0, most) + "…";
    return text.empty() ? "(without a name)" : text;
}

/// What reading one entry came to.
enum class Read { Whole, Left, Stop };

/// The content of the entry that was just found. Left: the reason was said. Stop: to go on would unpack all that was left.
Read readEntry(Looker &looker, const Part &entry, archive *reader, bool packedAsOne, Bytes &content)
{
    constexpr std::size_t piece = std::size_t{64} << 10;
    for (;;) {
        const std::size_t used = content.size();
        content.resize(used + piece);
        const la_ssize_t count = archive_read_data(reader, content.data() + used, piece);
        if (count < 0) {
            const char *why = archive_error_string(reader);
            looker.unknown(entry, std::string("it can't be unpacked: ") + (why ? why : "it is damaged"));
            return packedAsOne ? Read::Stop : Read::Left;
        }
        content.resize(used + static_cast<std::size_t>(count));
        if (!looker.spend(entry, 0, static_cast<std::size_t>(count)))
            return Read::Stop;
        if (content.size() > entryLimit) {
            looker.unknown(entry,
                "it unpacks to more than 16 MiB, and no evidence is that large"
                    + std::string(packedAsOne ? "; what is behind it was not read" : ""));
            return packedAsOne ? Read::Stop : Read::Left;
        }
        if (count == 0)
            return Read::Whole;
    }
}

} // namespace

bool lookArchive(Looker &looker, const Part &part)
{
    if (!isArchive(part.bytes))
        return false;
    const bool gzip = part.bytes[0] == 0x1f;
    const Archive reader(archive_read_new());
    if (!reader)
        return false;
    archive_read_support_format_tar(reader.get());
    archive_read_support_format_zip_seekable(reader.get());
    archive_read_support_filter_gzip(reader.get());
    if (gzip)
        archive_read_support_format_raw(reader.get()); // one packed file
    const auto damaged = [&] {
        const char *why = archive_error_string(reader.get());
        return std::string("it begins as an archive (zip, tar or gzip) and can't be read: ") + (why ? why : "it is damaged");
    };
    if (archive_read_open_memory(reader.get(), part.bytes.data(), part.bytes.size()) != ARCHIVE_OK) {
        looker.reason(damaged());
        return false;
    }
    bool any = false;
    for (;;) {
        archive_entry *entry = nullptr;
        const int code = archive_read_next_header(reader.get(), &entry);
        if (code == ARCHIVE_EOF)
            break;
        if (code != ARCHIVE_OK && code != ARCHIVE_WARN) {
            if (!any) {
                looker.reason(damaged());
                return false;
            }
            looker.unknown(part, damaged());
            break;
        }
        if (!std::exchange(any, true))
            looker.found(part, part.bytes.size(), "archive", gzip ? "a gzip or tar archive" : "an archive");
        if (!looker.spend(part, 1, 0))
            break;
        const Part named = part.derived({}, shownName(archive_entry_pathname(entry)));
        // What is passed over within a gzip has to be unpacked as well.
        if (gzip && archive_entry_size_is_set(entry) && archive_entry_size(entry) > static_cast<std::int64_t>(entryLimit)) {
            looker.unknown(named, "it unpacks to more than 16 MiB, and no evidence is that large; what is behind it was not read");
            break;
        }
        if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
            continue;
        Bytes content;
        const Read read = readEntry(looker, named, reader.get(), gzip, content);
        if (read == Read::Stop)
            break;
        if (read == Read::Left || content.empty())
            continue;
        Part unpacked = named;
        unpacked.bytes = content;
        // A folder of other things: what is none of ours is not worth a word each.
        static_cast<void>(looker.look(unpacked));
    }
    if (!any)
        looker.reason("it is an archive without an entry");
    return any;
}

} // namespace kastellan::sev::intake
