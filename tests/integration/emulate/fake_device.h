// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/emulator/devices.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>

#include <cerrno>
#include <linux/psp-sev.h>
#include <linux/sev-guest.h>
#include <sys/ioctl.h>

namespace kastellan::test {

/// Behind /dev/sev for what the presenter does by itself: PLATFORM_STATUS counts, and says in api_minor how often the slow command was
/// given; command 200 takes a minute, and 201 is a slow PLATFORM_STATUS.
class FakeDevice final : public sev::EmulatedDevice {
public:
    [[nodiscard]] sev::IoctlAnswer ioctl(std::uint64_t request, std::uint64_t argument, sev::CallerMemory &memory, bool) override
    {
        sev_issue_cmd command{};
        if (request != SEV_ISSUE_CMD)
            return {EINVAL};
        if (!memory.read(argument, {reinterpret_cast<std::uint8_t *>(&command), sizeof command}))
            return {EFAULT};
        if (command.cmd == 200) {
            ++m_waiting;
            std::unique_lock lock(m_mutex);
            m_changed.wait_for(lock, std::chrono::minutes(1), [this] { return m_released; });
            return {};
        }
        if (command.cmd == 201) {
            std::unique_lock lock(m_mutex);
            m_changed.wait_for(lock, std::chrono::milliseconds(2), [this] { return m_released; });
        }
        sev_user_data_status status{};
        status.api_major = 1;
        status.api_minor = static_cast<std::uint8_t>(m_waiting);
        status.guest_count = ++m_count;
        return {memory.write(command.data, {reinterpret_cast<const std::uint8_t *>(&status), sizeof status}) ? 0 : EFAULT};
    }
    /// What still takes its minute ends.
    void release()
    {
        const std::scoped_lock lock(m_mutex);
        m_released = true;
        m_changed.notify_all();
    }

private:
    std::atomic<std::uint32_t> m_count = 0, m_waiting = 0;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_released = false;
};

/// Behind /dev/sev-guest: a hypervisor and a firmware that do not behave.
class FakeGuest final : public sev::EmulatedDevice {
public:
    enum class Way {
        Grows, ///< wants more and more space for certificates
        Greedy, ///< wants more space than anybody has
        TooLong, ///< claims a report that is longer than its message
        KeyGone, ///< the driver has given up its key
        TimedOut, ///< it has just done so, after a minute of asking
    };
    explicit FakeGuest(Way way)
        : m_way(way)
    {
    }
    [[nodiscard]] sev::IoctlAnswer ioctl(std::uint64_t number, std::uint64_t argument, sev::CallerMemory &memory, bool) override
    {
        snp_guest_request_ioctl request{};
        if (!memory.read(argument, {reinterpret_cast<std::uint8_t *>(&request), sizeof request}))
            return {EFAULT};
        if (m_way == Way::KeyGone || m_way == Way::TimedOut) {
            request.vmm_error = SNP_GUEST_VMM_ERR_BUSY;
            const bool told = memory.write(argument, {reinterpret_cast<const std::uint8_t *>(&request), sizeof request});
            return {!told ? EFAULT : m_way == Way::KeyGone || m_asked++ > 0 ? ENOTTY : ETIMEDOUT};
        }
        if (number == SNP_GET_EXT_REPORT && m_way != Way::TooLong) {
            snp_ext_report_req question{};
            if (!memory.read(request.req_data, {reinterpret_cast<std::uint8_t *>(&question), sizeof question}))
                return {EFAULT};
            question.certs_len = m_way == Way::Greedy ? 2u << 20 : question.certs_len * 2;
            request.vmm_error = SNP_GUEST_VMM_ERR_INVALID_LEN;
            const bool told = memory.write(request.req_data, {reinterpret_cast<const std::uint8_t *>(&question), sizeof question})
                && memory.write(argument, {reinterpret_cast<const std::uint8_t *>(&request), sizeof request});
            return {told ? EIO : EFAULT};
        }
        Bytes answer(4000);
        storeLe<std::uint32_t>(answer, 4, 4000); // behind a header of 32 bytes
        return {memory.write(request.resp_data, answer) ? 0 : EFAULT};
    }

private:
    Way m_way;
    std::atomic<int> m_asked = 0;
};

} // namespace kastellan::test
