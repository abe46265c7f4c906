// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/presenter/handles.h"

#include "core/base/file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <filesystem>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kastellan::sev {
namespace fs = std::filesystem;

Result<std::unique_ptr<Handles>> Handles::make()
{
    constexpr const char *what = "prepare the emulated devices";
    std::array<std::uint8_t, 8> random{};
    if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
        return systemError(what, "random numbers", errno);
    std::unique_ptr<Handles> handles(new Handles);
    handles->m_names.token = "kastellan-" + toHex(random);
    const fs::path parent = runtimeFolder();
    KASTELLAN_TRY(makeFolder(parent));
    std::error_code error;
    const fs::path place = fs::canonical(parent, error) / ("emulate-" + toHex(random)); // as links of /proc show it
    if (error || ::mkdir(place.c_str(), 0755) != 0)
        return systemError(what, place.string(), error ? error.value() : errno);
    handles->m_shadow.path = place.string();
    return handles;
}

Handles::~Handles()
{
    clear();
}

void Handles::clear()
{
    std::error_code ignored;
    const std::scoped_lock lock(m_mutex);
    if (!m_shadow.path.empty())
        fs::remove_all(m_shadow.path, ignored);
}

Fd Handles::memoryFile(const std::string &path, bool sealed) const
{
    const std::string name = m_names.token + ":" + path;
    constexpr unsigned notExecutable = 0x0008; // MFD_NOEXEC_SEAL, Linux 6.3
    Fd file(::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING | notExecutable));
    if (!file)
        file = Fd(::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
    // What is written to a register's file meets EPERM, as with the kernel's filter of such writing.
    if (file && sealed && ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
        return {};
    return file;
}

std::expected<Fd, int> Handles::open(const Node &node, const Tree &tree, int flags)
{
    if (node.kind == Node::Kind::Folder)
        return openFolder(node, tree);
    Fd own;
    int number = -1;
    if (node.kind == Node::Kind::Attribute) { // each opening has a content of its own
        own = memoryFile(node.path, false);
        number = own.get();
    } else {
        const std::scoped_lock lock(m_mutex);
        Fd &device = m_devices[node.path];
        if (!device)
            device = memoryFile(node.path, true);
        number = device.get();
    }
    if (number < 0)
        return std::unexpected(ENFILE);
    // Opened anew, so that access mode and offset are those of this opening.
    int access = flags & O_ACCMODE;
    if (access == O_ACCMODE) // for ioctl alone
        access = O_RDWR;
    Fd opened(::open(("/proc/self/fd/" + std::to_string(number)).c_str(), access | (flags & O_NONBLOCK) | O_CLOEXEC));
    if (!opened)
        return std::unexpected(errno);
    return opened;
}

Fd Handles::reopened(const std::string &place, const std::string &path) const
{
    const Fd seen(::open(place.c_str(), O_PATH | O_CLOEXEC)); // neither waits for a pipe's other end nor wakes a device
    struct stat state{};
    if (!seen || ::fstat(seen.get(), &state) != 0 || !S_ISREG(state.st_mode))
        return {};
    const std::string own = "/proc/self/fd/" + std::to_string(seen.get());
    std::array<char, PATH_MAX> link{};
    const ssize_t length = ::readlink(own.c_str(), link.data(), link.size());
    if (length <= 0 || m_names.emulated({link.data(), static_cast<std::size_t>(length)}) != path)
        return {};
    return Fd(::open(own.c_str(), O_WRONLY | O_CLOEXEC));
}

std::expected<Fd, int> Handles::openFolder(const Node &node, const Tree &tree)
{
    const fs::path place = m_shadow.path + node.path;
    std::vector<std::string> names = tree.list(node);
    std::error_code error;
    const std::scoped_lock lock(m_mutex);
    fs::create_directories(place, error);
    for (const std::string &name : names) {
        const auto child = tree.find(node.path + "/" + name);
        if (child && child->kind == Node::Kind::Folder)
            ::mkdir((place / name).c_str(), 0755);
        else
            Fd(::open((place / name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    }
    // What really is there can be reached through it.
    for (auto entry = fs::directory_iterator(node.path, error); !error && entry != fs::directory_iterator(); entry.increment(error)) {
        const std::string name = entry->path().filename();
        if (std::ranges::find(names, name) == names.end()) {
            names.push_back(name);
            std::error_code ignored;
            fs::create_symlink(entry->path(), place / name, ignored);
        }
    }
    std::vector<fs::path> gone;
    for (auto entry = fs::directory_iterator(place, error); !error && entry != fs::directory_iterator(); entry.increment(error))
        if (std::ranges::find(names, entry->path().filename().string()) == names.end())
            gone.push_back(entry->path());
    for (const fs::path &path : gone)
        fs::remove_all(path, error);
    Fd opened(::open(place.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened)
        return std::unexpected(errno);
    return opened;
}

} // namespace kastellan::sev
