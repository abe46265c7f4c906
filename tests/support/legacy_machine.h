// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/emulator/processor.h"
#include "sev-backend/legacy/launch_owner.h"

namespace kastellan::test {

/// The host's side of a launch under SEV or SEV-ES, by the emulated firmware: what libvirt, QEMU and the kernel do together.
class LegacyMachine {
public:
    explicit LegacyMachine(sev::Processor &processor)
        : m_firmware(processor.legacy())
    {
    }
    /// What virNodeGetSEVInfo says, with the authorities of the emulated platform.
    [[nodiscard]] static sev::legacy::PlatformStatement platform(sev::Processor &processor);

    /// Starts a guest with an owner's session and measures `content` (a multiple of 16 bytes), under SEV-ES a page of registers too.
    [[nodiscard]] Status launch(const sev::legacy::LaunchOwner &owner, ByteView content);
    /// The same with another policy, or another session, than the owner's.
    [[nodiscard]] Status launch(const std::string &dhCert, const std::string &session, sev::legacy::Policy policy, ByteView content);
    [[nodiscard]] const sev::legacy::LaunchStatement &statement() const { return m_statement; }
    /// sev-inject-launch-secret: the table as it lies in the guest's memory.
    [[nodiscard]] Result<Bytes> inject(const sev::legacy::LaunchOwner::Sealed &sealed);
    /// The launch digest of such a guest.
    [[nodiscard]] static Sha256 digestOf(ByteView content, sev::legacy::Policy policy);

private:
    sev::LegacyFirmware &m_firmware;
    sev::LegacyHandle m_guest = 0;
    sev::legacy::LaunchStatement m_statement;
};

/// The session secret in a table of secrets; an error when there is none.
[[nodiscard]] Result<SessionSecret> sessionSecretIn(ByteView table);

} // namespace kastellan::test
