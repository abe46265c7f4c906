// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/abi/platform_status.h"
#include "sev-backend/emulator/emulated_platform.h"

namespace kastellan::sev {

/// The platform commands of the SNP firmware (SEV-SNP firmware ABI 1.58, chapter 8). On a processor without SNP all are Unsupported. Safe
/// in several threads.
class SnpPlatform {
public:
    explicit SnpPlatform(EmulatedPlatform &platform);

    /// SNP_INIT_EX, with the table of page owners for all memory.
    [[nodiscard]] Answer<void> init();
    /// SNP_SHUTDOWN_EX: guests end, a VLEK is forgotten.
    [[nodiscard]] Answer<void> shutdown();
    [[nodiscard]] Answer<SnpPlatformStatus> status();
    /// What runs becomes the oldest that may run, and is reported. Can't be undone.
    [[nodiscard]] Answer<void> commit();
    /// SNP_CONFIG, 64 bytes: reserved bits, and a reported TCB above the committed one, are InvalidParam. Another reported TCB makes a
    /// loaded VLEK useless: it is forgotten.
    [[nodiscard]] Answer<void> config(ByteView config);
    /// SNP_VLEK_LOAD, 432 bytes: InvalidParam unless it is for the reported TCB, BadMeasurement when it was changed or is another chip's.
    [[nodiscard]] Answer<void> vlekLoad(ByteView hashstick);

    /// The VCEK's certificate for the reported TCB.
    [[nodiscard]] Answer<Certificate> vcek();

private:
    [[nodiscard]] FirmwareStatus enter(EmulatedCommand command) const;
    [[nodiscard]] FirmwareStatus report(EmulatedState &state, const TcbBytes &tcb) const;
    EmulatedPlatform &m_platform;
};

} // namespace kastellan::sev
