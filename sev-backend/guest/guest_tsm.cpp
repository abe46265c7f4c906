// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/guest/guest_tsm.h"

#include "core/base/fd.h"
#include "sev-backend/abi/report.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <expected>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kastellan::sev {
namespace fs = std::filesystem;
namespace {

constexpr const char *what = "get an attestation report by configfs-tsm";
constexpr std::size_t textLimit = 4096, blobLimit = std::size_t{1} << 20;
constexpr std::string_view provider = "sev_guest";

using Read = std::expected<Bytes, int>; ///< the error is an errno

Read readAll(const fs::path &path, std::size_t limit)
{
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file)
        return std::unexpected(errno);
    Bytes content;
    std::array<std::uint8_t, 4096> piece{};
    for (;;) {
        const ssize_t count = ::read(file.get(), piece.data(), piece.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return std::unexpected(errno);
        if (count == 0)
            return content;
        if (content.size() + static_cast<std::size_t>(count) > limit)
            return std::unexpected(EFBIG);
        content.insert(content.end(), piece.begin(), piece.begin() + count);
    }
}

/// In one write: each is a generation. 0, or an errno.
int writeOnce(const fs::path &path, ByteView content)
{
    const Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file)
        return errno;
    ssize_t count = 0;
    do
        count = ::write(file.get(), content.data(), content.size());
    while (count < 0 && errno == EINTR);
    if (count < 0)
        return errno;
    return count == static_cast<ssize_t>(content.size()) ? 0 : EIO;
}

std::string word(const Bytes &content)
{
    std::string_view text = asText(content);
    text = text.substr(0, text.find_first_of("\r\n"));
    return std::string(text);
}

std::expected<std::uint64_t, int> number(const fs::path &path)
{
    const Read content = readAll(path, textLimit);
    if (!content)
        return std::unexpected(content.error());
    const std::string text = word(*content);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        return std::unexpected(EBADMSG);
    return value;
}

bool passes(int error)
{
    return error == EBUSY || error == EAGAIN || error == EINTR;
}

/// A folder for one report.
class Entry {
public:
    explicit Entry(fs::path path)
        : m_path(std::move(path))
        , m_made(::mkdir(m_path.c_str(), 0700) == 0)
        , m_error(m_made ? 0 : errno)
    {
    }
    ~Entry()
    {
        if (m_made)
            ::rmdir(m_path.c_str());
    }
    Entry(const Entry &) = delete;
    Entry &operator=(const Entry &) = delete;
    [[nodiscard]] int error() const { return m_error; }
    [[nodiscard]] fs::path operator/(std::string_view name) const { return m_path / name; }

private:
    fs::path m_path;
    bool m_made;
    int m_error;
};

std::string entryName()
{
    static std::atomic<unsigned> count = 0;
    std::array<std::uint8_t, 8> random{};
    if (::getrandom(random.data(), random.size(), 0) < 0) // the other numbers do
        random.fill(0);
    return "kastellan-" + std::to_string(::getpid()) + "-" + std::to_string(++count) + "-" + toHex(random);
}

std::unexpected<Error> failed(const fs::path &path, int error)
{
    switch (error) {
    case EINVAL:
        return fail(ErrorKind::Negative, what, path.string(), "the driver took the request for wrong: its data or its privilege level");
    case ENXIO:
        return environment(what, path.string(), "no driver answers for reports", "Load it: modprobe sev-guest.");
    case ETIMEDOUT:
        return environment(what, path.string(), "the hypervisor throttled the request until the driver gave up",
            "Linux does not use the guest's key any more after that: restart the guest, and ask less often.");
    case EBUSY:
    case EAGAIN:
        return environment(what, path.string(), "the hypervisor throttles the guest's requests and did not let one through in time",
            "Ask less often; the host says how often it may be.");
    case EIO:
        return fail(ErrorKind::Negative, what, path.string(), "the firmware or the hypervisor refused the request",
            "/dev/sev-guest tells which of them, and why; the kernel's log may, too.");
    case EFBIG:
        return environment(what, path.string(), "it has more than " + std::to_string(blobLimit) + " bytes");
    case EBADMSG:
        return environment(what, path.string(), "it holds no number");
    default:
        return systemError(what, path.string(), error);
    }
}

} // namespace

GuestTsm::GuestTsm(fs::path folder, const GuestPatience &patience)
    : m_folder(std::move(folder))
    , m_patience(patience)
{
}

Result<std::unique_ptr<GuestTsm>> GuestTsm::open(const GuestPatience &patience, const fs::path &folder)
{
    struct stat state{};
    if (::stat(folder.c_str(), &state) != 0 || !S_ISDIR(state.st_mode))
        return environment("open configfs-tsm", folder.string(), "it is not there",
            "In a guest under SEV-SNP with Linux 6.7 or later: mount -t configfs configfs /sys/kernel/config; modprobe sev-guest.");
    if (::access(folder.c_str(), W_OK) != 0)
        return environment("open configfs-tsm", folder.string(), "this user may not ask there", "Run as root.");
    return std::unique_ptr<GuestTsm>(new GuestTsm(folder, patience));
}

Result<GuestReport> GuestTsm::report(const GuestQuestion &question, const std::stop_token &stop)
{
    const Entry entry(m_folder / entryName());
    if (entry.error())
        return failed(m_folder, entry.error());
    if (const Read name = readAll(entry / "provider", textLimit); !name)
        return failed(entry / "provider", name.error());
    else if (word(*name) != provider)
        return environment(what, (entry / "provider").string(),
            "reports come from '" + word(*name) + "', not from '" + std::string(provider) + "'", "This guest is not protected by SEV-SNP.");

    // A kernel that runs above a service module has no report of level 0 to give.
    const auto floor = number(entry / "privlevel_floor");
    if (floor && question.vmpl < *floor)
        return fail(ErrorKind::Negative, what, (entry / "privlevel_floor").string(),
            "reports of level " + std::to_string(question.vmpl) + " are not for this kernel, which runs at " + std::to_string(*floor),
            "Ask for level " + std::to_string(*floor) + ".");
    if (const int error = writeOnce(entry / "privlevel", asBytes(std::to_string(question.vmpl))); error && error != ENOENT)
        return failed(entry / "privlevel", error);

    Pauses pauses(m_patience);
    for (;;) {
        if (const int error = writeOnce(entry / "inblob", question.data.view()))
            return failed(entry / "inblob", error);
        const auto before = number(entry / "generation");
        if (!before)
            return failed(entry / "generation", before.error());
        Read report = readAll(entry / "outblob", blobLimit);
        Read certificates = report && question.certificates ? readAll(entry / "auxblob", blobLimit) : Read(Bytes());
        if (!certificates && certificates.error() == ENOENT) // a driver without certificates
            certificates = Bytes();
        const auto after = number(entry / "generation");
        if (!after)
            return failed(entry / "generation", after.error());
        // Somebody else wrote into our folder: what was read may answer their question.
        const bool torn = *before != *after;
        if (report && certificates && !torn && report->size() != ReportView::size)
            return fail(ErrorKind::Negative, what, (entry / "outblob").string(),
                "it has " + std::to_string(report->size()) + " bytes, where a report has " + std::to_string(ReportView::size));
        if (report && certificates && !torn)
            return GuestReport{std::move(*report), std::move(*certificates)};
        const int error = torn ? EBUSY : report ? certificates.error() : report.error();
        if (!passes(error))
            return failed(entry / (report ? "auxblob" : "outblob"), error);
        if (!pauses.wait(stop))
            return stop.stop_requested() ? fail(ErrorKind::Cancelled, what, m_folder.string(), "it was stopped")
                                         : failed(entry / "outblob", error);
    }
}

} // namespace kastellan::sev
