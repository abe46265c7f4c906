// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/emulator/devices.h"
#include "sev-backend/emulator/processor.h"

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

private:
    struct Call;
    [[nodiscard]] int report(Call &call);
    [[nodiscard]] int derivedKey(Call &call);
    [[nodiscard]] int extendedReport(Call &call);

    std::shared_ptr<Processor> m_processor;
    GuestHandle m_guest;
    bool m_launched = false;
    std::mutex m_mutex; ///< the driver has one, too
};

} // namespace kastellan::sev
