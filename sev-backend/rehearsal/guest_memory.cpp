// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/rehearsal/guest_memory.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>

namespace kastellan::sev {
namespace {

constexpr std::uint64_t lowMemory = std::uint64_t{2} << 30; ///< below this every machine type has memory at its own address
constexpr std::uint64_t videoBegin = 0xa0000, videoEnd = 0x100000;

} // namespace

GuestMemory::GuestMemory(GuestMemory &&other) noexcept
    : m_fd(std::move(other.m_fd))
    , m_data(std::exchange(other.m_data, nullptr))
    , m_mapped(std::exchange(other.m_mapped, 0))
{
}

GuestMemory &GuestMemory::operator=(GuestMemory &&other) noexcept
{
    std::swap(m_fd, other.m_fd);
    std::swap(m_data, other.m_data);
    std::swap(m_mapped, other.m_mapped);
    return *this;
}

GuestMemory::~GuestMemory()
{
    forget();
}

Result<GuestMemory> GuestMemory::make(std::uint64_t size)
{
    constexpr const char *what = "make the guest's memory";
    GuestMemory memory;
    memory.m_fd = Fd(::memfd_create("kastellan-guest", MFD_CLOEXEC));
    if (!memory.m_fd || size == 0 || size > (std::uint64_t{1} << 46) || ::ftruncate(memory.m_fd.get(), static_cast<off_t>(size)) != 0)
        return systemError(what, std::to_string(size) + " bytes", size == 0 ? EINVAL : errno);
    memory.m_mapped = std::min(size, lowMemory);
    void *const mapped = ::mmap(nullptr, memory.m_mapped, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, memory.m_fd.get(), 0);
    if (mapped == MAP_FAILED)
        return systemError(what, std::to_string(size) + " bytes", errno);
    memory.m_data = static_cast<std::uint8_t *>(mapped);
    return memory;
}

void GuestMemory::keepOnExec() const
{
    ::fcntl(m_fd.get(), F_SETFD, 0);
}

bool GuestMemory::covers(std::uint64_t gpa, std::uint64_t length) const
{
    return m_data && gpa < m_mapped && length <= m_mapped - gpa && (gpa >= videoEnd || gpa + length <= videoBegin);
}

void GuestMemory::write(std::uint64_t gpa, ByteView bytes)
{
    if (covers(gpa, bytes.size()))
        std::memcpy(m_data + gpa, bytes.data(), bytes.size());
}

void GuestMemory::forget()
{
    if (m_data)
        ::munmap(std::exchange(m_data, nullptr), std::exchange(m_mapped, 0));
    m_fd.reset();
}

} // namespace kastellan::sev
