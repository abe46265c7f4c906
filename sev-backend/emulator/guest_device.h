// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/emulator/devices.h"
#include "sev-backend/emulator/processor.h"

#include <chrono>
#include <functional>
#include <optional>

namespace kastellan::sev {

/// What an entry of configfs-tsm holds after its inblob was written.
struct TsmReport {
    Bytes outblob; ///< the report, 1184 bytes
    Bytes auxblob; ///< the certificate table
};

/// /dev/sev-guest, configfs-tsm and the registers of an emulated guest, as Linux 6.12 has them in a guest under SEV-SNP
/// (drivers/virt/coco/sev-guest). Safe in several threads.
class EmulatedGuestDevice final : public EmulatedDevice {
public:
    static constexpr std::string_view tsmProvider = "sev_guest"; ///< `provider` has a line end behind it
    static constexpr unsigned tsmPrivLevelFloor = 0, tsmPrivLevelMost = 3;

    /// Of a guest that runs. It stays what it is when this object goes.
    EmulatedGuestDevice(std::shared_ptr<Processor> processor, GuestHandle guest);
    /// Of a guest made for this: a standard policy, one page of zeros measured, no host data. It is decommissioned with this object.
    [[nodiscard]] static Result<std::unique_ptr<EmulatedGuestDevice>> launch(std::shared_ptr<Processor> processor);
    ~EmulatedGuestDevice() override;
    EmulatedGuestDevice(const EmulatedGuestDevice &) = delete;
    EmulatedGuestDevice &operator=(const EmulatedGuestDevice &) = delete;

    [[nodiscard]] IoctlAnswer ioctl(std::uint64_t request, std::uint64_t argument, CallerMemory &memory, bool writable) override;
    /// What the guest has in /dev/cpu/N/msr; nothing: reading this register is an error (EIO).
    [[nodiscard]] std::optional<std::uint64_t> msr(unsigned cpu, std::uint32_t index) const;
    /// What reading outblob and auxblob yields; the error is an errno: EINVAL unless inblob has 64 bytes and the level is 0 to 3, EIO when
    /// the firmware refuses, EAGAIN when it is busy.
    [[nodiscard]] std::expected<TsmReport, int> tsmReport(ByteView inblob, unsigned privLevel);

    [[nodiscard]] GuestHandle guest() const { return m_guest; }
    /// How long the driver waits before it asks a throttling host again, and when it gives up: 2 s and 60 s, as Linux from 6.3 on has it.
    void setPatience(std::chrono::milliseconds wait, std::chrono::milliseconds limit);

private:
    struct Call;
    /// Asks until the host lets it through. Status firmwareThrottled: it did not, and from now on the device is of no use (ENOTTY), for
    /// the message may not be sent with another content.
    template <typename Response>
    [[nodiscard]] Response patiently(const std::function<Response()> &ask);
    [[nodiscard]] int report(Call &call);
    [[nodiscard]] int derivedKey(Call &call);
    [[nodiscard]] int extendedReport(Call &call);

    std::shared_ptr<Processor> m_processor;
    GuestHandle m_guest;
    bool m_launched = false;
    std::mutex m_mutex; ///< the driver has one, too
    std::chrono::milliseconds m_wait{2000}, m_limit{60000};
    bool m_disabled = false; ///< the driver has cleared its key
};

} // namespace kastellan::sev
