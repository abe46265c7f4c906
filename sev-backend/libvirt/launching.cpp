// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/libvirt/launching.h"

#include "core/base/digest.h"
#include "core/keeps/launch_steps.h"
#include "sev-backend/libvirt/domain_xml.h"
#include "sev-backend/libvirt/edited_xml.h"
#include "sev-backend/libvirt/machine_files.h"
#include "sev-backend/libvirt/planning.h"
#include "sev-backend/libvirt/platform_statement.h"
#include "sev-backend/libvirt/stream_pump.h"

#include <algorithm>

namespace kastellan::sev::libvirt {
namespace fs = std::filesystem;

namespace {

constexpr const char *what = "start the keep's machine";

/// Takes away what a launch has made when it does not come to its end.
class Leftovers {
public:
    Leftovers(const Connection &connection, const KeepId &keep, fs::path folder)
        : m_connection(connection)
        , m_keep(keep)
        , m_folder(std::move(folder))
    {
    }
    Leftovers(const Leftovers &) = delete;
    Leftovers &operator=(const Leftovers &) = delete;
    ~Leftovers()
    {
        if (note)
            static_cast<void>(removeMachine(m_connection, m_keep, *note, m_folder));
    }
    const MachineNote *note = nullptr;

private:
    const Connection &m_connection;
    const KeepId m_keep;
    const fs::path m_folder;
};

Status goOn(const std::stop_token &stop)
{
    if (stop.stop_requested())
        return fail(ErrorKind::Cancelled, what, {}, "it was stopped");
    return {};
}

Fd openConsole(const std::shared_ptr<Connection> &connection, virDomainPtr domain)
{
    StreamHandle stream(::virStreamNew(connection->get(), VIR_STREAM_NONBLOCK));
    if (!stream || ::virDomainOpenConsole(domain, nullptr, stream.get(), VIR_DOMAIN_CONSOLE_FORCE) != 0)
        return {}; // a machine whose owner edited it may have none
    auto console = StreamPump::start(connection, std::move(stream), StreamPump::Kind::Console);
    return console ? std::move(*console) : Fd();
}

Result<legacy::LaunchStatement> launchStatement(virDomainPtr domain, const KeepId &keep)
{
    Parameters parameters;
    if (::virDomainGetLaunchSecurityInfo(domain, &parameters.list, &parameters.count, 0) != 0)
        return failure("read the launch measurement", domainName(keep));
    legacy::LaunchStatement launched;
    launched.measurement = parameters.text(VIR_DOMAIN_LAUNCH_SECURITY_SEV_MEASUREMENT);
    launched.build.apiMajor = static_cast<std::uint8_t>(parameters.number(VIR_DOMAIN_LAUNCH_SECURITY_SEV_API_MAJOR));
    launched.build.apiMinor = static_cast<std::uint8_t>(parameters.number(VIR_DOMAIN_LAUNCH_SECURITY_SEV_API_MINOR));
    launched.build.build = static_cast<std::uint8_t>(parameters.number(VIR_DOMAIN_LAUNCH_SECURITY_SEV_BUILD_ID));
    launched.policy = parameters.number(VIR_DOMAIN_LAUNCH_SECURITY_SEV_POLICY);
    return launched;
}

/// One launch, step by step.
class Launching {
public:
    Launching(std::shared_ptr<Connection> connection, const LibvirtHostOptions &options, const LaunchPlan &plan, fs::path folder,
        const Progress &progress, const std::stop_token &stop)
        : m_connection(std::move(connection))
        , m_options(options)
        , m_plan(plan)
        , m_machine(*plan.machine)
        , m_folder(std::move(folder))
        , m_progress(progress)
        , m_stop(stop)
        , m_leftovers(*m_connection, plan.id, m_folder)
    {
    }
    Result<std::unique_ptr<RunningKeep>> run()
    {
        m_parts.uri = m_connection->uri();
        m_parts.id = m_plan.id;
        m_parts.folder = m_folder;
        m_parts.note.uri = m_connection->uri().text;
        m_parts.note.technology = m_machine.technology;
        m_parts.note.rehearsal = m_machine.request.rehearse;
        KASTELLAN_TRY(bringFiles());
        KASTELLAN_TRY(readyOwner());
        KASTELLAN_ASSIGN(m_parts.contact, Contact::begin(m_connection, m_plan.id));
        KASTELLAN_TRY(create());
        m_leftovers.note = nullptr;
        return std::make_unique<RunningMachine>(std::move(m_parts));
    }

private:
    void tell(std::string_view doing) const
    {
        if (m_progress)
            m_progress(doing, 0, 0);
    }
    [[nodiscard]] bool legacySev() const { return m_machine.technology == "sev" || m_machine.technology == "es"; }

    Status bringFiles()
    {
        KASTELLAN_ASSIGN(const MachineFiles found, findFiles(m_machine.request, m_machine.technology, m_options.image));
        std::vector<HostFile> files = found.forHost();
        const bool direct = opensOurFiles(m_connection->uri());
        if (!direct)
            m_parts.note.upload = planUpload(*m_connection, domainName(m_plan.id), files, m_options.pool);
        KASTELLAN_TRY(saveNote(m_folder, m_parts.note));
        m_leftovers.note = &m_parts.note;
        if (direct)
            return {};
        KASTELLAN_TRY(upload(*m_connection, m_parts.note.upload, domainName(m_plan.id), files, m_progress, m_stop));
        for (const auto &file : files)
            (file.role == "firmware"        ? m_values.firmware
                    : file.role == "kernel" ? m_values.kernel
                    : file.role == "initrd" ? m_values.initrd
                                            : m_values.disk) = file.there;
        return {};
    }

    Status readyOwner()
    {
        if (m_machine.technology == "none") {
            if (!m_machine.request.whole) // without evidence only the command line can tell the warden who its owner is
                m_values.moreWords = "kastellan.owner=" + m_plan.ownerKey;
            return {};
        }
        KASTELLAN_ASSIGN(const Bytes owner, fromHex(m_plan.ownerKey));
        KASTELLAN_ASSIGN(const Sha256 ownerKey, Sha256::from(owner, "the owner key's digest"));
        std::unique_ptr<Processor> processor;
        if (m_machine.request.rehearse) {
            KASTELLAN_ASSIGN(const RehearsalPlace place, rehearsalPlace(m_connection->uri(), m_options));
            KASTELLAN_ASSIGN(processor, openRehearsalProcessor(place, {}, m_stop));
        }
        if (!legacySev()) {
            m_values.hostData = toBase64(ownerKey.view());
            if (processor)
                m_parts.endorsements = processor->endorsements();
            return {};
        }
        tell("verifying the host's platform");
        KASTELLAN_ASSIGN(const auto statement, processor ? platformStatement(*processor) : platformStatement(*m_connection, m_stop));
        KASTELLAN_ASSIGN(
            auto launch, legacy::LaunchOwner::begin(statement, static_cast<legacy::Policy>(m_plan.policy), m_plan.expected.root, ownerKey));
        tell(launch_step::chainVerified);
        tell(launch_step::sessionMade);
        m_values.dhCert = launch.dhCert();
        m_values.session = launch.session();
        m_parts.endorsements = launch.endorsements();
        m_parts.owner = std::move(launch);
        m_parts.expectedDigest = m_plan.expected.shortLaunchDigest;
        return {};
    }

    /// libvirt's own words have QEMU's in them, where it was QEMU.
    [[nodiscard]] std::unexpected<Error> notMade() const
    {
        return failure(what, m_connection->uri().text, {},
            lastWords().contains("qemu-system") ? std::string() : qemuLog(m_connection->uri(), m_plan.id));
    }

    Status create()
    {
        KASTELLAN_ASSIGN(const std::string xml, withLaunchValues(m_machine.domainXml, m_values));
        KASTELLAN_TRY(goOn(m_stop));
        tell("starting the machine");
        m_parts.note.unanswered = true;
        KASTELLAN_TRY(saveNote(m_folder, m_parts.note));
        // Paused: the console is heard from its first byte, and under SEV the owner has the last word.
        const DomainHandle domain(::virDomainCreateXML(m_connection->get(), xml.c_str(), VIR_DOMAIN_START_PAUSED));
        auto failed = domain ? Status() : Status(notMade());
        m_parts.note.unanswered = !domain && !m_connection->alive();
        KASTELLAN_TRY(saveNote(m_folder, m_parts.note));
        KASTELLAN_TRY(std::move(failed));
        m_parts.contact->started();
        KASTELLAN_TRY(goOn(m_stop));
        m_parts.console = openConsole(m_connection, domain.get());
        if (legacySev()) {
            tell("reading the launch measurement");
            KASTELLAN_ASSIGN(m_parts.launched, launchStatement(domain.get(), m_plan.id));
            tell(launch_step::measured);
            return {};
        }
        if (::virDomainResume(domain.get()) != 0)
            return failure(what, m_connection->uri().text, {}, qemuLog(m_connection->uri(), m_plan.id));
        return goOn(m_stop);
    }

    const std::shared_ptr<Connection> m_connection;
    const LibvirtHostOptions &m_options;
    const LaunchPlan &m_plan;
    const MachinePlan &m_machine;
    const fs::path m_folder;
    const Progress &m_progress;
    const std::stop_token &m_stop;
    RunningMachine::Parts m_parts;
    LaunchValues m_values;
    Leftovers m_leftovers;
};

} // namespace

Result<std::unique_ptr<RunningKeep>> launchMachine(std::shared_ptr<Connection> connection, const LibvirtHostOptions &options,
    const LaunchPlan &plan, const fs::path &folder, const Progress &progress, const std::stop_token &stop)
{
    if (!plan.machine)
        return fail(ErrorKind::Internal, what, plan.name, "its plan has no machine");
    return Launching(std::move(connection), options, plan, folder, progress, stop).run();
}

Result<std::unique_ptr<RunningKeep>> resumeMachine(
    std::shared_ptr<Connection> connection, const LibvirtHostOptions &options, const LaunchPlan &plan, const fs::path &folder)
{
    const char *finding = "find the keep's machine again";
    RunningMachine::Parts parts;
    parts.uri = connection->uri();
    parts.id = plan.id;
    parts.folder = folder;
    KASTELLAN_ASSIGN(parts.note, loadNote(folder));
    KASTELLAN_ASSIGN(parts.contact, Contact::begin(connection, plan.id));
    const DomainHandle domain(::virDomainLookupByUUID(connection->get(), plan.id.bytes.data()));
    if (!domain && lastCode() != VIR_ERR_NO_DOMAIN)
        return failure(finding, connection->uri().text);
    if (!domain) {
        static_cast<void>(removeMachine(*connection, plan.id, parts.note, folder)); // what it leaves, the note names
        return fail(ErrorKind::Negative, finding, domainName(plan.id), "it has ended", "Launch the keep again.");
    }
    parts.contact->started();
    parts.console = openConsole(connection, domain.get());
    if (parts.note.technology == "sev" || parts.note.technology == "es") {
        if (auto secret = legacy::loadSessionSecret(folder))
            parts.secret = std::move(*secret);
    } else if (parts.note.rehearsal) {
        KASTELLAN_ASSIGN(const RehearsalPlace place, rehearsalPlace(connection->uri(), options));
        KASTELLAN_ASSIGN(const auto processor, openRehearsalProcessor(place));
        parts.endorsements = processor->endorsements();
    }
    return std::make_unique<RunningMachine>(std::move(parts));
}

} // namespace kastellan::sev::libvirt
