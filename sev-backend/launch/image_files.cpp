// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/launch/image_files.h"

#include "core/base/digest.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

namespace kastellan::sev {
namespace fs = std::filesystem;

namespace {

constexpr const char *readImage = "read the keep image";

struct Found {
    std::string path; // in the keep
    std::uint64_t size = 0;
    std::optional<SealedBytes> bytes;
};

struct Folder {
    explicit Folder(int fd)
        : handle(::fdopendir(fd))
    {
        if (!handle)
            ::close(fd);
    }
    Folder(const Folder &) = delete;
    Folder &operator=(const Folder &) = delete;
    ~Folder()
    {
        if (handle)
            ::closedir(handle);
    }
    DIR *handle;
};

class Walk {
public:
    explicit Walk(std::string root)
        : m_root(std::move(root))
    {
    }
    Status enter(int parent, const char *name, const std::string &path, unsigned depth)
    {
        const Folder folder(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (depth ? O_NOFOLLOW : 0)));
        if (!folder.handle)
            return systemError(readImage, m_root + path, errno);
        if (depth > ImageFiles::depthLimit)
            return badInput(readImage, m_root + path, "its folders nest more than " + std::to_string(ImageFiles::depthLimit) + " deep");
        for (;;) {
            errno = 0;
            const dirent *entry = ::readdir(folder.handle);
            if (!entry) {
                if (errno)
                    return systemError(readImage, m_root + path, errno);
                return {};
            }
            const std::string_view file = entry->d_name;
            if (file != "." && file != "..")
                KASTELLAN_TRY(add(::dirfd(folder.handle), entry->d_name, path + "/" + entry->d_name, depth));
        }
    }
    std::vector<Found> take() { return std::move(m_found); }

private:
    Status add(int folder, const char *name, const std::string &path, unsigned depth)
    {
        struct stat status{};
        if (::fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
            return systemError(readImage, m_root + path, errno);
        if (S_ISDIR(status.st_mode))
            return enter(folder, name, path, depth + 1);
        if (!S_ISREG(status.st_mode))
            return badInput(readImage, m_root + path, "it is neither a file nor a folder",
                "Install Kastellan again, or remove what does not belong there.");
        KASTELLAN_TRY(checkImagePath(path));
        if (m_found.size() == ImageFiles::countLimit)
            return badInput(readImage, m_root, "it has over " + std::to_string(ImageFiles::countLimit) + " files");
        m_found.push_back({path, static_cast<std::uint64_t>(status.st_size), {}});
        return {};
    }

    std::string m_root;
    std::vector<Found> m_found;
};

/// Copies within the kernel: the pages are not cleared first, as those of a mapping would be.
Status fill(int memory, int file, std::uint64_t size, const std::string &where)
{
    for (off_t done = 0; static_cast<std::uint64_t>(done) < size;) {
        const ssize_t count = ::sendfile(memory, file, &done, size - static_cast<std::uint64_t>(done));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return systemError(readImage, where, errno);
        if (count == 0)
            return environment(readImage, where, "it became shorter while it was read", "Try again when the installation has finished.");
    }
    return {};
}

/// Seals the contents of all files; two threads take the largest first.
Status sealAll(const fs::path &folder, std::vector<Found> &found)
{
    const Fd root(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root)
        return systemError(readImage, folder.string(), errno);
    std::vector<Found *> order;
    for (auto &file : found)
        order.push_back(&file);
    std::ranges::sort(order, std::ranges::greater{}, &Found::size);
    std::atomic<std::size_t> next = 0;
    std::atomic<std::uint64_t> total = 0;
    std::mutex mutex;
    Status status;
    const auto work = [&] {
        for (std::size_t i = 0; (i = next++) < order.size();) {
            Found &file = *order[i];
            auto bytes =
                SealedBytes::fromFile(root.get(), file.path.c_str() + 1, folder.string() + file.path, ImageFiles::sizeLimit - total);
            if (bytes) {
                file.bytes = std::move(*bytes);
                if ((total += file.bytes->view().size()) <= ImageFiles::sizeLimit)
                    continue;
                bytes = badInput(readImage, folder.string(), "the image has over 1 GiB");
            }
            const std::lock_guard lock(mutex);
            if (status)
                status = std::unexpected(std::move(bytes).error());
            next = order.size();
        }
    };
    {
        const std::jthread helper(work);
        work();
    }
    return status;
}

} // namespace

SealedBytes::SealedBytes(SealedBytes &&other) noexcept
    : m_fd(std::move(other.m_fd))
    , m_data(std::exchange(other.m_data, nullptr))
    , m_size(std::exchange(other.m_size, 0))
    , m_mode(other.m_mode)
{
}

SealedBytes &SealedBytes::operator=(SealedBytes &&other) noexcept
{
    std::swap(m_fd, other.m_fd);
    std::swap(m_data, other.m_data);
    std::swap(m_size, other.m_size);
    std::swap(m_mode, other.m_mode);
    return *this;
}

SealedBytes::~SealedBytes()
{
    if (m_data)
        ::munmap(const_cast<std::uint8_t *>(m_data), m_size); // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

Result<SealedBytes> SealedBytes::fromFile(int folder, const char *name, const std::string &where, std::uint64_t limit)
{
    const Fd file(::openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat status{};
    if (!file || ::fstat(file.get(), &status) != 0)
        return systemError(readImage, where, errno);
    if (!S_ISREG(status.st_mode))
        return badInput(readImage, where, "it is no regular file");
    if (static_cast<std::uint64_t>(status.st_size) > limit)
        return badInput(readImage, where, "the image has over 1 GiB");
    SealedBytes bytes;
    bytes.m_mode = (status.st_mode & S_IXUSR) ? 0755 : 0644;
    bytes.m_fd = Fd(::memfd_create("keep-image", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL));
    if (!bytes.m_fd && errno == EINVAL) // before Linux 6.3
        bytes.m_fd = Fd(::memfd_create("keep-image", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!bytes.m_fd || ::ftruncate(bytes.m_fd.get(), status.st_size) != 0)
        return systemError(readImage, where, errno);
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size > 0)
        KASTELLAN_TRY(fill(bytes.m_fd.get(), file.get(), size, where));
    if (::fcntl(bytes.m_fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
        return systemError("seal the keep image", where, errno);
    if (size > 0) {
        void *data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED | MAP_POPULATE, bytes.m_fd.get(), 0);
        if (data == MAP_FAILED)
            return systemError(readImage, where, errno);
        bytes.m_data = static_cast<const std::uint8_t *>(data);
        bytes.m_size = size;
    }
    return bytes;
}

Result<ImageFiles> ImageFiles::read(const fs::path &folder)
{
    std::error_code code;
    if (!fs::is_directory(folder, code))
        return environment(
            readImage, folder.string(), "there is no such folder", "Install Kastellan again, or name the folder in KASTELLAN_KEEP_IMAGE.");
    Walk walk(folder.string());
    KASTELLAN_TRY(walk.enter(AT_FDCWD, folder.c_str(), {}, 0));
    std::vector<Found> found = walk.take();
    if (found.empty())
        return environment(readImage, folder.string(), "the folder is empty", "Install Kastellan again.");
    KASTELLAN_TRY(sealAll(folder, found));
    std::ranges::sort(found, {}, &Found::path);
    ImageFiles image;
    for (auto &file : found) {
        image.m_files.push_back({std::move(file.path), file.bytes->mode(), file.bytes->view()});
        image.m_bytes.push_back(std::move(*file.bytes));
    }
    return image;
}

std::uint64_t ImageFiles::size() const
{
    std::uint64_t size = 0;
    for (const auto &file : m_files)
        size += file.content.size();
    return size;
}

const KeepFile *ImageFiles::find(std::string_view path) const
{
    const auto at = std::ranges::lower_bound(m_files, path, {}, [](const KeepFile &file) { return std::string_view(file.path); });
    return at != m_files.end() && at->path == path ? &*at : nullptr;
}

std::vector<std::string> ImageFiles::differences(const std::vector<MeasuredFile> &reference) const
{
    std::map<std::string_view, const MeasuredFile *> expected;
    for (const auto &file : reference)
        expected[file.path] = &file;
    std::vector<std::string> lines;
    for (const auto &file : m_files) {
        const auto at = expected.find(file.path);
        if (at == expected.end()) {
            lines.push_back(file.path + ": it does not belong to the image");
            continue;
        }
        const Sha256 digest = sha256(file.content);
        if (digest != at->second->sha256)
            lines.push_back(
                file.path + ": its SHA-256 is " + toHex(digest.view()) + ", and " + toHex(at->second->sha256.view()) + " was built");
        expected.erase(at);
    }
    for (const auto &[path, file] : expected)
        lines.push_back(std::string(path) + ": it is missing");
    return lines;
}

} // namespace kastellan::sev
