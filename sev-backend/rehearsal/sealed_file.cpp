// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/rehearsal/sealed_file.h"

#include "core/base/file.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

namespace kastellan::sev {

SealedFile::SealedFile(SealedFile &&other) noexcept
    : m_fd(std::move(other.m_fd))
    , m_data(std::exchange(other.m_data, nullptr))
    , m_size(std::exchange(other.m_size, 0))
{
}

SealedFile &SealedFile::operator=(SealedFile &&other) noexcept
{
    std::swap(m_fd, other.m_fd);
    std::swap(m_data, other.m_data);
    std::swap(m_size, other.m_size);
    return *this;
}

SealedFile::~SealedFile()
{
    if (m_data)
        ::munmap(const_cast<std::uint8_t *>(m_data), m_size);
}

Result<SealedFile> SealedFile::copy(const std::string &path, const char *label)
{
    const auto failed = [&](std::string why) { return environment("read what the guest boots", path, std::move(why)); };
    const Fd source(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!source)
        return failed(std::strerror(errno));
    struct stat status{};
    if (::fstat(source.get(), &status) != 0)
        return failed(std::strerror(errno));
    const bool nothing = S_ISCHR(status.st_mode) && path == "/dev/null";
    if (!S_ISREG(status.st_mode) && !nothing)
        return failed(S_ISDIR(status.st_mode) ? std::strerror(EISDIR) : "it is no regular file");
    SealedFile file;
    file.m_fd = Fd(::memfd_create(label, MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file.m_fd)
        return failed(std::strerror(errno));
    while (!nothing) {
        const ssize_t count = ::sendfile(file.m_fd.get(), source.get(), nullptr, 16u << 20);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return failed(std::strerror(errno));
        if (count == 0)
            break;
        file.m_size += static_cast<std::size_t>(count);
        if (file.m_size > limit)
            return failed(std::strerror(EFBIG));
    }
    KASTELLAN_TRY(file.seal());
    return file;
}

Status SealedFile::seal()
{
    constexpr const char *what = "seal what the guest boots";
    if (::fcntl(m_fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
        return systemError(what, {}, errno);
    if (m_size == 0)
        return {};
    void *const mapped = ::mmap(nullptr, m_size, PROT_READ, MAP_SHARED, m_fd.get(), 0);
    if (mapped == MAP_FAILED)
        return systemError(what, {}, errno);
    m_data = static_cast<const std::uint8_t *>(mapped);
    return {};
}

Result<SealedFile> SealedFile::of(ByteView bytes)
{
    SealedFile file;
    file.m_fd = Fd(::memfd_create("another", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    file.m_size = bytes.size();
    KASTELLAN_TRY(writeAll(file.m_fd.get(), bytes, "a copy in memory"));
    KASTELLAN_TRY(file.seal());
    return file;
}

Result<SealedFile> SealedFile::tampered() const
{
    Bytes bytes = toBytes(view());
    if (!bytes.empty())
        bytes[bytes.size() / 2] ^= 1;
    return of(bytes);
}

Result<SealedFile> SealedFile::lengthened() const
{
    Bytes bytes = toBytes(view());
    bytes.resize(bytes.size() + 16);
    return of(bytes);
}

Result<SealedFile> SealedFile::changedWhereUnused() const
{
    Bytes bytes = toBytes(view());
    std::size_t begin = 0, best = 0, length = 0;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        if (bytes[at] != 0xff)
            begin = at + 1;
        else if (at + 1 - begin > length)
            length = at + 1 - (best = begin);
    }
    if (length < 4096)
        return environment("change what the guest boots", {}, "it has no unused part");
    bytes[best + length / 2] ^= 1;
    return of(bytes);
}

void SealedFile::keepOnExec() const
{
    if (m_fd)
        ::fcntl(m_fd.get(), F_SETFD, 0);
}

} // namespace kastellan::sev
