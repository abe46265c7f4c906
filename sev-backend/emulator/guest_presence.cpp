// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/emulator/guest_presence.h"

#include "core/base/digest.h"
#include "core/base/file.h"

#include <array>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace kastellan::sev {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t fileSize = 8, programLimit = 4096;

} // namespace

GuestPresence::GuestPresence(fs::path folder)
    : m_folder(std::move(folder))
{
}

GuestPresence::~GuestPresence()
{
    if (!m_file)
        return;
    std::error_code ignored;
    fs::remove(m_folder / m_name, ignored);
}

void GuestPresence::set(const Counts &own)
{
    m_own = own;
    if (!m_file) {
        if (own == Counts{} || !makeFolder(m_folder))
            return;
        std::array<std::uint8_t, 8> random{};
        randomBytes(random);
        m_name = std::to_string(::getpid()) + "-" + toHex(random);
        Fd file(::open((m_folder / m_name).c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        if (!file || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
            return;
        m_file = std::move(file);
    }
    std::array<std::uint8_t, fileSize> bytes{};
    storeLe<std::uint32_t>(bytes, 0, own.legacy);
    storeLe<std::uint32_t>(bytes, 4, own.snp);
    [[maybe_unused]] const ssize_t written = ::pwrite(m_file.get(), bytes.data(), bytes.size(), 0);
}

GuestPresence::Counts GuestPresence::total() const
{
    Counts total = m_own;
    std::error_code ignored;
    std::size_t seen = 0;
    for (const auto &entry : fs::directory_iterator(m_folder, ignored)) {
        if (++seen > programLimit)
            break;
        if (entry.path().filename().string() == m_name)
            continue;
        const Fd file(::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
        if (!file)
            continue;
        if (::flock(file.get(), LOCK_SH | LOCK_NB) == 0) { // nobody holds it: its program was killed
            fs::remove(entry.path(), ignored);
            continue;
        }
        std::array<std::uint8_t, fileSize> bytes{};
        if (::pread(file.get(), bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
            continue;
        total.legacy += loadLe<std::uint32_t>(bytes, 0);
        total.snp += loadLe<std::uint32_t>(bytes, 4);
    }
    return total;
}

} // namespace kastellan::sev
