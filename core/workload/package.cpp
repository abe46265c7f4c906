// SPDX-License-Identifier: Apache-2.0
#include "core/workload/package.h"

#include "core/base/fd.h"
#include "core/workload/text.h"
#include "core/workload/toml.h"
#include "core/workload/workload.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include <fcntl.h>

namespace kastellan::workload {
namespace {

constexpr const char *what = "read a package";
constexpr std::size_t entryLimit = 10'000;
constexpr std::int64_t unpackedLimit = 400'000'000;

struct FreeArchive {
    void operator()(archive *reader) const { archive_read_free(reader); }
};
using Archive = std::unique_ptr<archive, FreeArchive>;

std::unexpected<Error> damaged(const std::string &package, archive *reader)
{
    const char *why = archive_error_string(reader);
    return badInput(what, package, "it is damaged, or of a kind that is not read: " + shown(why ? why : "unknown error", 200),
        "Packages are .tar, .tar.gz or .zip files without a password.");
}

/// A name in the package, cut into its folder ("a/b/") and the rest; nullopt if it leads outside.
struct Name {
    std::string folder, file;
};
std::optional<Name> split(std::string_view name)
{
    if (name.starts_with('/') || name.find('\\') != std::string_view::npos)
        return std::nullopt;
    std::vector<std::string_view> parts;
    while (!name.empty()) {
        const auto end = std::min(name.find('/'), name.size());
        const std::string_view part = name.substr(0, end);
        name.remove_prefix(std::min(end + 1, name.size()));
        if (part == "..")
            return std::nullopt;
        if (!part.empty() && part != ".")
            parts.push_back(part);
    }
    Name result;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i)
        result.folder += std::string(parts[i]) + "/";
    if (!parts.empty())
        result.file = parts.back();
    return result;
}

class PackageReader {
public:
    PackageReader(std::string package, archive *reader)
        : m_package(std::move(package))
        , m_reader(reader)
    {
    }

    Result<Parts> run()
    {
        for (std::size_t count = 0;; ++count) {
            archive_entry *entry = nullptr;
            const int code = archive_read_next_header(m_reader, &entry);
            if (code == ARCHIVE_EOF)
                break;
            if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
                return damaged(m_package, m_reader);
            if (count == entryLimit)
                return bad("it has more than 10,000 entries");
            // What is skipped is unpacked too: a small file can stand for an endless one.
            if (archive_filter_bytes(m_reader, 0) > unpackedLimit
                || (archive_entry_size_is_set(entry) && archive_entry_size(entry) > unpackedLimit))
                return bad("it unpacks to more than 400 MB");
            KASTELLAN_TRY(take(entry));
        }
        return std::move(m_parts);
    }

private:
    [[nodiscard]] std::unexpected<Error> bad(std::string why, std::string remedy = {}) const
    {
        return badInput(what, m_package, std::move(why), std::move(remedy));
    }

    Status take(archive_entry *entry)
    {
        const char *raw = archive_entry_pathname(entry);
        const std::string_view path = raw ? raw : "";
        const auto name = split(path);
        if (!name)
            return bad("its entry '" + shown(path) + "' leads outside of it", "Pack it anew, and mind where this one came from.");
        const bool wanted = name->file == "main.wasm" || name->file == "Keep.toml" || name->file == "Enarx.toml";
        if (!wanted || std::ranges::count(name->folder, '/') > 1)
            return {};
        if (archive_entry_hardlink(entry) || archive_entry_filetype(entry) != AE_IFREG)
            return bad("its entry '" + shown(path) + "' is a link or no plain file");
        if (m_found && name->folder != m_folder)
            return bad("it has parts of a workload in several folders: '" + shown(path) + "' and some in '" + shown(m_folder) + "'",
                "Pack one workload: main.wasm and Keep.toml at the top or in one folder.");
        m_found = true;
        m_folder = name->folder;
        const bool module = name->file == "main.wasm";
        KASTELLAN_ASSIGN(Bytes content, data(entry, path, module ? moduleSizeLimit : tomlLimit));
        auto &text = name->file == "Keep.toml" ? m_parts.keepToml : m_parts.enarxToml;
        if (module ? m_parts.module.has_value() : text.has_value())
            return bad("its entry '" + shown(path) + "' is there twice");
        if (module)
            m_parts.module = std::move(content);
        else
            text = std::string(asText(content));
        return {};
    }

    Result<Bytes> data(archive_entry *entry, std::string_view path, std::uint64_t limit)
    {
        const auto tooLarge = [&] { return bad("its entry '" + shown(path) + "' has more than " + std::to_string(limit) + " bytes"); };
        if (archive_entry_size_is_set(entry) && archive_entry_size(entry) > static_cast<std::int64_t>(limit))
            return tooLarge();
        Bytes content;
        for (;;) {
            constexpr std::size_t piece = 1 << 20;
            const std::size_t used = content.size();
            content.resize(used + piece);
            const la_ssize_t count = archive_read_data(m_reader, content.data() + used, piece);
            if (count < 0)
                return damaged(m_package, m_reader);
            content.resize(used + static_cast<std::size_t>(count));
            if (content.size() > limit)
                return tooLarge();
            if (count == 0)
                return content;
        }
    }

    std::string m_package;
    archive *m_reader;
    Parts m_parts;
    bool m_found = false;
    std::string m_folder;
};

Result<Archive> newReader(const std::string &package)
{
    Archive reader(archive_read_new());
    if (!reader)
        return environment(what, package, "there is not enough memory");
    archive_read_support_format_tar(reader.get());
    archive_read_support_format_zip_seekable(reader.get());
    archive_read_support_filter_gzip(reader.get());
    return reader;
}

} // namespace

bool looksLikePackage(ByteView beginning)
{
    const std::string_view text = asText(beginning);
    return text.starts_with("PK\x03\x04") || text.starts_with("PK\x05\x06") || text.starts_with("\x1f\x8b")
        || (text.size() >= 262 && text.substr(257, 5) == "ustar");
}

Result<Parts> readPackage(const std::filesystem::path &path)
{
    // Opened here and not by the library, which would follow its own rules about names.
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file)
        return systemError(what, path.string(), errno);
    KASTELLAN_ASSIGN(const Archive reader, newReader(path.string()));
    if (archive_read_open_fd(reader.get(), file.get(), 65536) != ARCHIVE_OK)
        return damaged(path.string(), reader.get());
    return PackageReader(path.string(), reader.get()).run();
}

Result<Parts> readPackage(ByteView content, const std::string &name)
{
    KASTELLAN_ASSIGN(const Archive reader, newReader(name));
    if (archive_read_open_memory(reader.get(), content.data(), content.size()) != ARCHIVE_OK)
        return damaged(name, reader.get());
    return PackageReader(name, reader.get()).run();
}

} // namespace kastellan::workload
