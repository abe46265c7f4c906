// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/emulator/devices.h"
#include "sev-backend/emulator/processor.h"

#include <optional>

namespace kastellan::sev {

/// /dev/sev of the emulated platform: SEV_ISSUE_CMD as Linux 6.12 answers it (drivers/crypto/ccp/sev-dev.c), with the permissions, lengths
/// and errors of the driver. Where kernels differ: the SNP commands say EINVAL while SNP is not initialised; buffers are written only when
/// the firmware succeeded, for kernels that wrote them after a failure wrote past them.
class EmulatedSevDevice final : public EmulatedDevice {
public:
    explicit EmulatedSevDevice(std::shared_ptr<Processor> processor);
    [[nodiscard]] IoctlAnswer ioctl(std::uint64_t request, std::uint64_t argument, CallerMemory &memory, bool writable) override;
    /// What a host with this platform has in /dev/cpu/N/msr; nothing: reading this register is an error (EIO). Every CPU has the same.
    [[nodiscard]] std::optional<std::uint64_t> msr(unsigned cpu, std::uint32_t index) const;

private:
    struct Call;
    [[nodiscard]] int dispatch(Call &call);
    [[nodiscard]] int initialize(Call &call);
    [[nodiscard]] int factoryReset(Call &call);
    [[nodiscard]] int platformStatus(Call &call);
    [[nodiscard]] int generate(Call &call, bool pek);
    [[nodiscard]] int pekCsr(Call &call);
    [[nodiscard]] int pdhExport(Call &call);
    [[nodiscard]] int pekImport(Call &call);
    [[nodiscard]] int oldId(Call &call);
    [[nodiscard]] int id(Call &call);
    [[nodiscard]] int snpStatus(Call &call);
    [[nodiscard]] int snpCommit(Call &call);
    [[nodiscard]] int snpConfig(Call &call);
    [[nodiscard]] int vlekLoad(Call &call);

    std::shared_ptr<Processor> m_processor;
    std::mutex m_mutex; ///< the driver has one, too
};

} // namespace kastellan::sev
