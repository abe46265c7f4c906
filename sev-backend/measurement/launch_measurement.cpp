// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/measurement/launch_measurement.h"

#include "core/base/digest.h"
#include "sev-backend/measurement/page_hash.h"

#include <algorithm>

namespace kastellan::sev {

void LaunchMeasurement::addHashed(PageType type, std::uint64_t gpa, const Sha384 &contents)
{
    std::array<std::uint8_t, 0x70> info{};
    std::ranges::copy(m_digest.bytes, info.begin());
    std::ranges::copy(contents.bytes, info.begin() + 0x30);
    storeLe<std::uint16_t>(info, 0x60, 0x70);
    info[0x62] = static_cast<std::uint8_t>(type);
    // 0x63: not an initial migration image; 0x64 to 0x66: no permissions for VMPL 3 to 1; 0x67 reserved.
    storeLe<std::uint64_t>(info, 0x68, gpa);
    m_digest.bytes = sha384(info).bytes;
    if (m_observer)
        m_observer(type, gpa, contents, m_digest);
}

void LaunchMeasurement::addPages(PageType type, std::uint64_t gpa, ByteView pages)
{
    // In shares, so that memory stays bounded for an image of any size.
    constexpr std::size_t share = 16384;
    std::vector<Sha384> digests;
    for (std::size_t done = 0; done < pages.size() / pageSize;) {
        const std::size_t count = std::min(share, pages.size() / pageSize - done);
        digests.resize(count);
        hashPages(pages.subspan(done * pageSize, count * pageSize), digests);
        for (std::size_t i = 0; i < count; ++i)
            addHashed(type, type == PageType::Vmsa ? gpa : gpa + (done + i) * pageSize, digests[i]);
        done += count;
    }
}

void LaunchMeasurement::addAddresses(PageType type, std::uint64_t gpa, std::uint64_t count)
{
    for (std::uint64_t i = 0; i < count; ++i)
        addHashed(type, gpa + i * pageSize, Sha384{});
}

} // namespace kastellan::sev
