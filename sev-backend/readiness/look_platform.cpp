// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/look.h"

#include "core/base/bytes.h"
#include "core/base/fd.h"
#include "sev-backend/abi/firmware_status.h"

#include <algorithm>
#include <cerrno>
#include <format>

#include <fcntl.h>
#include <linux/psp-sev.h>

namespace kastellan::sev {
namespace {

std::string failure(const SevAnswer &answer)
{
    std::string text = std::generic_category().message(answer.error);
    if (answer.firmware && answer.firmware != static_cast<std::uint32_t>(SEV_RET_NO_FW_CALL))
        text += std::format(", firmware status {:#x}", answer.firmware);
    return text;
}

void lookAtSev(Looking &looking, int fd)
{
    auto &facts = looking.facts;
    constexpr const char *how = "SEV_PLATFORM_STATUS on /dev/sev";
    sev_user_data_status status{};
    const auto answer = looking.options.machine.sevCommand(fd, SEV_PLATFORM_STATUS, &status);
    if (answer.error) {
        facts.failed("platform.sev.state", how, failure(answer));
        return;
    }
    facts.set("platform.sev.version", std::format("{}.{}.{}", status.api_major, status.api_minor, status.build), how);
    facts.set("platform.sev.state", status.state, how);
    facts.setHex("platform.sev.flags", status.flags, how);
    facts.set("platform.sev.guests", status.guest_count, how);
}

void lookAtSnp(Looking &looking, int fd)
{
    auto &facts = looking.facts;
    constexpr const char *how = "SNP_PLATFORM_STATUS on /dev/sev";
    std::array<std::uint8_t, 32> status{}; // by offset (SEV-SNP firmware ABI 1.58, STATUS): the header has not all bits
    const auto answer = looking.options.machine.sevCommand(fd, SNP_PLATFORM_STATUS, status.data());
    if (answer.error) {
        facts.failed("platform.snp.state", how, failure(answer));
        return;
    }
    const ByteView view(status);
    facts.set("platform.snp.version", std::format("{}.{}.{}", status[0], status[1], loadLe<std::uint32_t>(view, 4)), how);
    facts.set("platform.snp.state", status[2], how);
    facts.setFlag("platform.snp.rmp_initialized", status[3] & 1, how);
    facts.setFlag("platform.snp.alias_check", status[3] >> 1 & 1, how);
    facts.setHex("platform.snp.flags", loadLe<std::uint32_t>(view, 8), how);
    facts.set("platform.snp.guests", loadLe<std::uint32_t>(view, 12), how);
    facts.set("platform.snp.tcb.current", toHex(view.subspan(16, 8)), how);
    facts.set("platform.snp.tcb.reported", toHex(view.subspan(24, 8)), how);
}

void lookAtChip(Looking &looking, int fd)
{
    constexpr const char *how = "SEV_GET_ID2 on /dev/sev";
    std::array<std::uint8_t, 256> id{};
    sev_user_data_get_id2 request{};
    request.address = reinterpret_cast<std::uint64_t>(id.data());
    request.length = id.size();
    const auto answer = looking.options.machine.sevCommand(fd, SEV_GET_ID2, &request);
    if (answer.error)
        looking.facts.failed("platform.chip_id", how, failure(answer));
    else
        looking.facts.set("platform.chip_id", toHex(ByteView(id).first(std::min<std::size_t>(request.length, id.size()))), how);
}

} // namespace

void lookAtPlatform(Looking &looking)
{
    auto &facts = looking.facts;
    constexpr const char *keys[] = {"platform.sev.state", "platform.snp.state"};
    const Fd device(::open(looking.at("/dev/sev").c_str(), O_RDONLY | O_CLOEXEC));
    if (!device) {
        const int number = errno;
        for (const char *key : keys)
            facts.error(key, "/dev/sev", number);
        return;
    }
    if (!looking.options.machine.sevCommand) {
        for (const char *key : keys)
            facts.notLooked(key, "/dev/sev", "it was not asked");
        return;
    }
    lookAtSev(looking, device.get());
    // Asking may initialize SNP for the moment on recent kernels: not where the processor has none.
    if (const auto features = facts.number("cpuid.8000001f.eax"); features && *features & 1u << 4)
        lookAtSnp(looking, device.get());
    else
        facts.absent("platform.snp.state", "SNP_PLATFORM_STATUS on /dev/sev", "the processor has no SEV-SNP");
    lookAtChip(looking, device.get());
}

} // namespace kastellan::sev
