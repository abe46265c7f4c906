// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/libvirt/running_machine.h"

#include "core/base/file.h"
#include "sev-backend/libvirt/domain_xml.h"
#include "sev-backend/libvirt/stream_pump.h"

#include <array>
#include <thread>

namespace kastellan::sev::libvirt {
namespace fs = std::filesystem;

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 5s; ///< for a connection that is being sought again
constexpr auto betweenLooks = 250ms;
constexpr int looksForLate = 20;
constexpr std::uint64_t logLimit = 1 << 20;
constexpr std::size_t lastBytes = 4096;
constexpr std::uint64_t nanoseconds = 1'000'000'000, kibi = 1024;

fs::path qemuLogPath(const LibvirtUri &uri, const KeepId &keep)
{
    const std::string name = domainName(keep) + ".log";
    if (!uri.local())
        return {};
    if (!uri.session())
        return fs::path("/var/log/libvirt/qemu") / name;
    return cacheFolder().parent_path() / "libvirt" / "qemu" / "log" / name;
}

} // namespace

std::string qemuLog(const LibvirtUri &uri, const KeepId &keep)
{
    const fs::path path = qemuLogPath(uri, keep);
    const auto content = path.empty() ? Result<Bytes>(Bytes{}) : readFile(path, logLimit);
    if (!content)
        return {};
    std::string_view text = asText(*content);
    // It begins with QEMU's command line, an option on each line.
    if (const auto options = text.rfind(" \\\n"); options != std::string_view::npos) {
        const auto after = text.find('\n', options + 3);
        text.remove_prefix(after == std::string_view::npos ? text.size() : after + 1);
    }
    if (text.size() > lastBytes)
        text.remove_prefix(text.size() - lastBytes);
    return std::string(text);
}

Status removeMachine(const Connection &connection, const KeepId &keep, const MachineNote &note, const fs::path &folder)
{
    const std::string name = domainName(keep);
    DomainHandle domain(::virDomainLookupByUUID(connection.get(), keep.bytes.data()));
    // A daemon that has not answered the order to make it may only now be about to.
    for (int i = 0; note.unanswered && !domain && lastCode() == VIR_ERR_NO_DOMAIN && i < looksForLate; ++i) {
        std::this_thread::sleep_for(betweenLooks);
        domain.reset(::virDomainLookupByUUID(connection.get(), keep.bytes.data()));
    }
    if (!domain && lastCode() != VIR_ERR_NO_DOMAIN)
        return failure("end the machine", name);
    // QEMU gets the chance to end by itself; one that does not is killed.
    if (domain && ::virDomainDestroyFlags(domain.get(), VIR_DOMAIN_DESTROY_GRACEFUL) != 0
        && ::virDomainDestroyFlags(domain.get(), VIR_DOMAIN_DESTROY_DEFAULT) != 0 && lastCode() != VIR_ERR_NO_DOMAIN
        && lastCode() != VIR_ERR_OPERATION_INVALID)
        return failure("end the machine", name, "End it by hand: virsh destroy " + name + ".");
    KASTELLAN_TRY(removeUpload(connection, note.upload));
    std::error_code code;
    if (const fs::path log = qemuLogPath(connection.uri(), keep); !log.empty())
        fs::remove(log, code);
    fs::remove(folder / machineNoteFile, code);
    return {};
}

RunningMachine::RunningMachine(Parts parts)
    : m_parts(std::move(parts))
{
}

Result<Fd> RunningMachine::connect()
{
    const char *what = "open the session's channel";
    KASTELLAN_TRY(m_parts.contact->find(patience));
    // A connection of its own: libvirt stops listening to one whose channel nobody reads in the machine.
    KASTELLAN_ASSIGN(const auto connection, Connection::open(m_parts.uri, false));
    const DomainHandle domain(::virDomainLookupByUUID(connection->get(), m_parts.id.bytes.data()));
    if (!domain)
        return failure(what, domainName(m_parts.id));
    StreamHandle stream(::virStreamNew(connection->get(), VIR_STREAM_NONBLOCK));
    if (!stream || ::virDomainOpenChannel(domain.get(), sessionPort, stream.get(), VIR_DOMAIN_CHANNEL_FORCE) != 0)
        return failure(what, domainName(m_parts.id));
    std::weak_ptr<StreamPump> channel;
    auto opened = StreamPump::start(
        connection, std::move(stream), StreamPump::Kind::Channel,
        [weak = std::weak_ptr(m_parts.contact)] {
            if (const auto contact = weak.lock())
                contact->doubt();
        },
        &channel);
    const std::lock_guard lock(m_killing);
    m_channel = channel;
    return opened;
}

KeepEnd RunningMachine::end()
{
    KeepEnd how = m_parts.contact->end();
    const std::string log = qemuLog(m_parts.uri, m_parts.id);
    if (how.code != 0 && !log.empty())
        how.lastWords += "\n" + log;
    return how;
}

Status RunningMachine::pressPowerButton()
{
    KASTELLAN_ASSIGN(const auto found, m_parts.contact->find(patience));
    if (::virDomainShutdownFlags(found.domain.get(), VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN) != 0)
        return failure("press the machine's power button", domainName(m_parts.id));
    return {};
}

Status RunningMachine::kill()
{
    const std::lock_guard lock(m_killing);
    if (m_killed)
        return {};
    std::error_code code;
    fs::remove(m_parts.folder / legacy::sessionSecretFile, code);
    if (const auto channel = m_channel.lock())
        channel->endAndWait(patience);
    auto found = m_parts.contact->find(patience);
    m_parts.contact->stop();
    Status status;
    if (found)
        status = removeMachine(*found->connection, m_parts.id, m_parts.note, m_parts.folder);
    if (!found || (!status && !found->connection->alive())) { // the daemon may be there again, or start with the next connection
        KASTELLAN_ASSIGN(const auto connection, Connection::open(m_parts.uri));
        status = removeMachine(*connection, m_parts.id, m_parts.note, m_parts.folder);
    }
    m_killed = status.has_value();
    return status;
}

std::optional<Evidence> RunningMachine::launchEvidence() const
{
    if (!m_parts.owner || !m_parts.launched)
        return {};
    auto evidence = m_parts.owner->evidence(*m_parts.launched);
    // A statement that can't be read is appraised all the same, and refused.
    return evidence ? std::move(*evidence) : Evidence{"sev-launch-measure", {}, m_parts.endorsements};
}

Status RunningMachine::admit()
{
    const char *what = "give the keep its session secret";
    if (!m_parts.owner || !m_parts.launched || !m_parts.expectedDigest)
        return {};
    KASTELLAN_ASSIGN(const auto sealed, m_parts.owner->seal(*m_parts.launched, *m_parts.expectedDigest));
    KASTELLAN_TRY(legacy::saveSessionSecret(m_parts.folder, m_parts.owner->secret()));
    KASTELLAN_ASSIGN(const auto found, m_parts.contact->find(patience));
    Parameters parameters;
    int room = 0;
    if (::virTypedParamsAddString(
            &parameters.list, &parameters.count, &room, VIR_DOMAIN_LAUNCH_SECURITY_SEV_SECRET_HEADER, sealed.header.c_str())
            != 0
        || ::virTypedParamsAddString(
               &parameters.list, &parameters.count, &room, VIR_DOMAIN_LAUNCH_SECURITY_SEV_SECRET, sealed.secret.c_str())
            != 0
        || ::virDomainSetLaunchSecurityState(found.domain.get(), parameters.list, parameters.count, 0) != 0)
        return failure(what, domainName(m_parts.id), {}, qemuLog(m_parts.uri, m_parts.id));
    if (::virDomainResume(found.domain.get()) != 0)
        return failure("let the keep run", domainName(m_parts.id), {}, qemuLog(m_parts.uri, m_parts.id));
    m_parts.secret = m_parts.owner->secret();
    return {};
}

const SessionSecret *RunningMachine::sessionSecret() const
{
    return m_parts.secret ? &*m_parts.secret : nullptr;
}

std::optional<RunningKeep::Use> RunningMachine::use() const
{
    const auto found = m_parts.contact->find(0s);
    virDomainInfo info{};
    if (!found || ::virDomainGetInfo(found->domain.get(), &info) != 0)
        return {};
    Use use;
    use.cpuSeconds = static_cast<double>(info.cpuTime) / static_cast<double>(nanoseconds);
    use.memory = std::uint64_t{info.memory} * kibi;
    std::array<virDomainMemoryStatStruct, VIR_DOMAIN_MEMORY_STAT_NR> stats{};
    const int count = ::virDomainMemoryStats(found->domain.get(), stats.data(), stats.size(), 0);
    for (int i = 0; i < count; ++i)
        if (stats[static_cast<std::size_t>(i)].tag == VIR_DOMAIN_MEMORY_STAT_RSS)
            use.memory = std::uint64_t{stats[static_cast<std::size_t>(i)].val} * kibi;
    return use;
}

} // namespace kastellan::sev::libvirt
