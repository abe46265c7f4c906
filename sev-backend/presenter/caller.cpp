// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/presenter/caller.h"

#include "core/base/fd.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <climits>

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace kastellan::sev {
namespace {

/// A small file of /proc; empty when it cannot be read.
std::string smallFile(const std::string &path)
{
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 4096> buffer{};
    const ssize_t count = file ? ::read(file.get(), buffer.data(), buffer.size()) : 0;
    return count > 0 ? std::string(buffer.data(), static_cast<std::size_t>(count)) : std::string();
}

/// The number behind "name:" in such a file.
std::optional<std::uint64_t> field(std::string_view text, std::string_view name, int base)
{
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ':')
            continue;
        line.remove_prefix(name.size() + 1);
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
        std::uint64_t value = 0;
        if (std::from_chars(line.data(), line.data() + line.size(), value, base).ec == std::errc{})
            return value;
    }
    return std::nullopt;
}

} // namespace

Caller::Caller(pid_t thread, std::function<bool()> waiting)
    : m_thread(thread)
    , m_waiting(std::move(waiting))
{
}

bool Caller::read(std::uint64_t address, std::span<std::uint8_t> into)
{
    if (into.empty())
        return true;
    const iovec ours{into.data(), into.size()};
    const iovec theirs{reinterpret_cast<void *>(address), into.size()};
    return ::process_vm_readv(m_thread, &ours, 1, &theirs, 1, 0) == static_cast<ssize_t>(into.size()) && m_waiting();
}

bool Caller::write(std::uint64_t address, ByteView bytes)
{
    if (bytes.empty())
        return true;
    if (!m_waiting())
        return false;
    const iovec ours{const_cast<std::uint8_t *>(bytes.data()), bytes.size()};
    const iovec theirs{reinterpret_cast<void *>(address), bytes.size()};
    return ::process_vm_writev(m_thread, &ours, 1, &theirs, 1, 0) == static_cast<ssize_t>(bytes.size());
}

std::optional<std::string> Caller::text(std::uint64_t address)
{
    if (address == 0)
        return std::nullopt;
    // Page by page: the one behind the text need not be there.
    constexpr std::uint64_t page = 4096;
    std::string text;
    std::array<std::uint8_t, page> buffer{};
    while (text.size() < PATH_MAX) {
        const std::size_t length = page - address % page;
        if (!read(address, std::span(buffer).first(length)))
            return std::nullopt;
        const auto end = std::find(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(length), std::uint8_t{0});
        text.append(buffer.begin(), end);
        if (end != buffer.begin() + static_cast<std::ptrdiff_t>(length))
            return text.size() < PATH_MAX ? std::optional(std::move(text)) : std::nullopt;
        address += length;
    }
    return std::nullopt;
}

std::string Caller::place(const std::string &name) const
{
    return "/proc/" + std::to_string(m_thread) + "/" + name;
}

std::optional<std::string> Caller::link(const std::string &name) const
{
    std::array<char, PATH_MAX> buffer{};
    const ssize_t length = ::readlink(place(name).c_str(), buffer.data(), buffer.size());
    if (length <= 0 || length == static_cast<ssize_t>(buffer.size()))
        return std::nullopt;
    return std::string(buffer.data(), static_cast<std::size_t>(length));
}

std::optional<Caller::Opened> Caller::opened(int descriptor) const
{
    const std::string text = smallFile(place("fdinfo/" + std::to_string(descriptor)));
    const auto flags = field(text, "flags", 8), offset = field(text, "pos", 10);
    if (!flags || !offset)
        return std::nullopt;
    return Opened{static_cast<int>(*flags), *offset};
}

bool Caller::advance(int descriptor, std::int64_t bytes) const
{
    const auto group = field(smallFile(place("status")), "Tgid", 10);
    if (!group)
        return false;
    const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(*group), 0)));
    if (!process || !m_waiting())
        return false;
    const Fd same(static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), descriptor, 0)));
    return same && ::lseek(same.get(), bytes, SEEK_CUR) >= 0;
}

} // namespace kastellan::sev
