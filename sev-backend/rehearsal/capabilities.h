// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/rehearsal/firmware_port.h"
#include "sev-backend/rehearsal/monitor_talk.h"

namespace kastellan::sev {

/// query-sev-capabilities of the emulated platform: PDH, PEK with OCA and CEK, id of the chip, and the numbers of an EPYC.
[[nodiscard]] QmpAnswer sevCapabilities(Processor &processor);
/// QEMU's reply with what libvirt looks for, where this QEMU was built without it: the types, their properties, the commands.
[[nodiscard]] std::string completedReply(std::string_view command, std::string_view arguments, std::string message);

/// What the stand-in answers on its monitors: of the platform, and of a guest where there is one.
class RehearsalSubject final : public MonitorSubject {
public:
    RehearsalSubject(Processor &processor, RehearsedGuest *guest, GuestMemory *memory, FirmwarePort *port)
        : m_processor(processor)
        , m_guest(guest)
        , m_memory(memory)
        , m_port(port)
    {
    }
    [[nodiscard]] std::optional<QmpAnswer> answer(std::string_view command, std::string_view arguments) override;
    [[nodiscard]] std::string reply(std::string_view command, std::string_view arguments, std::string message) override;
    [[nodiscard]] bool hides(std::string_view event, std::string_view message) override;
    [[nodiscard]] OrRefusal<void> aboutToRun() override;

private:
    Processor &m_processor;
    RehearsedGuest *m_guest;
    GuestMemory *m_memory;
    FirmwarePort *m_port;
};

} // namespace kastellan::sev
