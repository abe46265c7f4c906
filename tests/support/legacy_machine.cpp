// SPDX-License-Identifier: Apache-2.0
#include "tests/support/legacy_machine.h"

#include "sev-backend/emulator/emulated_authorities.h"

namespace kastellan::test {
namespace {

const Bytes registers(4096, 0x5a); // whatever the first state of a processor is

std::unexpected<Error> refused(const char *what, sev::FirmwareStatus status)
{
    return fail(ErrorKind::Environment, what, {}, sev::message(status));
}

} // namespace

sev::legacy::PlatformStatement LegacyMachine::platform(sev::Processor &processor)
{
    sev::legacy::PlatformStatement statement;
    if (const auto exported = processor.legacy().pdhCertExport(2084, 6252)) {
        statement.pdh = toBase64(exported->pdh);
        statement.chain = toBase64(exported->chain);
    }
    if (auto authorities = sev::emulatedAuthorities(processor))
        statement.authorities = std::move(*authorities);
    return statement;
}

Status LegacyMachine::launch(const sev::legacy::LaunchOwner &owner, ByteView content)
{
    return launch(owner.dhCert(), owner.session(), owner.policy(), content);
}

Status LegacyMachine::launch(const std::string &dhCert, const std::string &session, sev::legacy::Policy policy, ByteView content)
{
    KASTELLAN_ASSIGN(Bytes godh, fromBase64(dhCert));
    KASTELLAN_ASSIGN(Bytes blob, fromBase64(session));
    const auto guest = m_firmware.launchStart({.sharesKeyWith = 0, .policy = policy, .godh = std::move(godh), .session = std::move(blob)});
    if (!guest)
        return refused("LAUNCH_START", guest.error());
    m_guest = *guest;
    const bool es = policy & 4;
    for (std::uint32_t asid = 1;; ++asid) { // the first that is free and of the right kind
        const auto active = m_firmware.activate(m_guest, asid);
        if (active)
            break;
        if (asid > 600)
            return refused("ACTIVATE", active.error());
    }
    if (const auto done = m_firmware.launchUpdateData(m_guest, 0x1000, content); !done)
        return refused("LAUNCH_UPDATE_DATA", done.error());
    if (es)
        if (const auto done = m_firmware.launchUpdateVmsa(m_guest, 0x2000, registers); !done)
            return refused("LAUNCH_UPDATE_VMSA", done.error());
    const auto measure = m_firmware.launchMeasure(m_guest, 48);
    if (!measure)
        return refused("LAUNCH_MEASURE", measure.error());
    const auto status = m_firmware.platformStatus();
    if (!status)
        return refused("PLATFORM_STATUS", status.error());
    m_statement = {toBase64(measure->bytes()), {status->version.major, status->version.minor, status->version.build}, policy};
    return {};
}

Result<Bytes> LegacyMachine::inject(const sev::legacy::LaunchOwner::Sealed &sealed)
{
    KASTELLAN_ASSIGN(Bytes header, fromBase64(sealed.header));
    KASTELLAN_ASSIGN(Bytes payload, fromBase64(sealed.secret));
    auto plain = m_firmware.launchSecret(m_guest, {std::move(header), std::move(payload)}, 0x3000, 4096);
    if (!plain)
        return refused("LAUNCH_SECRET", plain.error());
    if (const auto done = m_firmware.launchFinish(m_guest); !done)
        return refused("LAUNCH_FINISH", done.error());
    return std::move(*plain);
}

Sha256 LegacyMachine::digestOf(ByteView content, sev::legacy::Policy policy)
{
    Sha256Stream stream;
    stream.add(content);
    if (policy & 4)
        stream.add(registers);
    return stream.finish();
}

Result<SessionSecret> sessionSecretIn(ByteView table)
{
    // Table header of 20 bytes, then one entry: GUID, its length with these 20 bytes, the value.
    if (table.size() < 40)
        return badInput("read the table of secrets", {}, "it is cut off");
    const std::size_t length = loadLe<std::uint32_t>(table, 36);
    if (length < 20 || length > table.size() - 20)
        return badInput("read the table of secrets", {}, "the entry's length is wrong");
    return SessionSecret::parse(table.subspan(40, length - 20));
}

} // namespace kastellan::test
