// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/launch/emulated_host.h"

#include "sev-backend/abi/policy.h"
#include "sev-backend/confine/landlock.h"
#include "sev-backend/confine/seccomp.h"
#include "sev-backend/firmware/firmware_control.h"
#include "sev-backend/firmware/hosts_platforms.h"
#include "sev-backend/launch/emulated_readiness.h"
#include "sev-backend/launch/image_files.h"
#include "sev-backend/launch/namespaces.h"
#include "sev-backend/launch/process.h"
#include "sev-backend/launch/process_keep_running.h"
#include "sev-backend/launch/sandbox.h"
#include "sev-backend/launch/warden_socket.h"
#include "sev-backend/readiness/judge.h"

#include <cinttypes>
#include <cstdio>
#include <thread>

namespace kastellan::sev {
namespace fs = std::filesystem;

namespace {

constexpr const char *what = "start the keep";
constexpr std::uint64_t guestContextLimit = 1 << 20;

/// Removes what a launch has left when it does not come to its end.
class Leftovers {
public:
    Leftovers() = default;
    Leftovers(const Leftovers &) = delete;
    Leftovers &operator=(const Leftovers &) = delete;
    ~Leftovers()
    {
        std::error_code code;
        for (const auto &path : paths)
            fs::remove_all(path, code);
        if (processor && guest)
            (void)processor->decommission(*guest);
    }
    void keep()
    {
        paths.clear();
        guest.reset();
    }
    std::vector<fs::path> paths;
    std::shared_ptr<Processor> processor;
    std::optional<GuestHandle> guest;
};

Result<HostData> hostDataOf(const LaunchPlan &plan)
{
    KASTELLAN_ASSIGN(const Bytes digest, fromHex(plan.ownerKey));
    return HostData::from(digest, "the owner key's digest");
}

/// Which files of the image are not those that were built: why a launch digest is another one.
std::optional<Finding> fileFinding(const ImageFiles &image, const std::vector<MeasuredFile> &reference)
{
    const auto lines = image.differences(reference);
    if (lines.empty())
        return std::nullopt;
    constexpr std::size_t shown = 5;
    Finding finding;
    finding.id = "launch.files";
    finding.area = "launch";
    finding.outcome = Outcome::Fail;
    finding.required = false; // launch.digest is, and fails with it
    finding.expected = "the files of the keep image as they were built";
    for (std::size_t i = 0; i < lines.size() && i < shown; ++i)
        finding.actual += (i ? "; " : "") + lines[i];
    if (lines.size() > shown)
        finding.actual += "; and " + std::to_string(lines.size() - shown) + " more";
    finding.why = "It names what the other launch digest comes from.";
    finding.remedy = "Install Kastellan again; if you did not change the file, find out who did.";
    finding.source = "docs/process-keep.md";
    return finding;
}

Result<GuestHandle> measure(Processor &processor, GuestHandle guest, const ProcessKeep &layout, const HostData &hostData,
    const Progress &progress, const std::stop_token &stop)
{
    const std::uint64_t total = layout.pageCount();
    std::uint64_t done = 0;
    for (const auto &run : layout.runs()) {
        if (stop.stop_requested())
            return fail(ErrorKind::Cancelled, what, {}, "it was stopped");
        KASTELLAN_TRY(processor.launchUpdate(guest, run.type, run.gpa, run.pages));
        done += run.pages.size() / pageSize;
        if (progress)
            progress("measuring the keep image", done, total);
    }
    LaunchFinish finish;
    finish.hostData = hostData;
    KASTELLAN_TRY(processor.launchFinish(guest, finish));
    return guest;
}

} // namespace

EmulatedHost::EmulatedHost(EmulatedHostOptions options)
    : m_options(std::move(options))
{
    m_opened->folder = m_options.processor;
}

Result<std::shared_ptr<Processor>> EmulatedHost::Opened::open(const Progress &progress, std::stop_token stop)
{
    const std::lock_guard lock(mutex);
    if (!processor) {
        KASTELLAN_ASSIGN(processor, Processor::open(folder, progress, std::move(stop)));
    }
    return processor;
}

Result<std::shared_ptr<Processor>> EmulatedHost::processor(const Progress &progress, std::stop_token stop) const
{
    return m_opened->open(progress, std::move(stop));
}

std::shared_ptr<PlatformControl> EmulatedHost::platform()
{
    return std::make_shared<FirmwareControl>(emulatedPlatform("emulated", [opened = m_opened] { return opened->open({}, {}); }));
}

HostInfo EmulatedHost::info() const
{
    const HostFacts facts = lookAtEmulatedHost(m_options, [opened = m_opened] { return opened->open({}, {}); }, false);
    const Readiness readiness = judge(facts);
    HostInfo info;
    info.id = "emulated";
    info.name = "Emulated host";
    info.emulated = true;
    info.platform = facts.text("emulated.platform").value_or("emulated, SEV-SNP");
    info.facts = readiness.facts;
    info.state = "ready";
    info.why = "Keeps run as sandboxed processes, attested by emulated firmware: that proves the procedure, nothing about hardware.";
    const ReadinessVerdict *verdict = readiness.verdict("emulated");
    if (!verdict || verdict->state != ReadinessVerdict::State::NotReady)
        return info; // unknown is only what takes long to look at: whether every file of the image is as it was built
    info.state = "not ready";
    const ReadinessCheck *cause = readiness.check(verdict->causes.front());
    info.why = verdict->sentence + (cause ? " " + cause->title + ": " + cause->saw + "." : std::string());
    info.remedy = cause ? cause->remedy : std::string();
    return info;
}

std::shared_ptr<HostInspector> EmulatedHost::inspector()
{
    return makeEmulatedInspector(m_options, [opened = m_opened] { return opened->open({}, {}); });
}

Status EmulatedHost::prepare(LaunchPlan &plan, const Progress &progress, std::stop_token stop)
{
    KASTELLAN_ASSIGN(const auto opened, processor(progress, std::move(stop)));
    plan.host = "emulated";
    plan.protection = "emulated SEV-SNP";
    plan.policy = GuestPolicy::standard;
    plan.image = m_options.reference;
    plan.expected.root = opened->rootFingerprint();
    if (!plan.expected.launchDigest)
        plan.expected.launchDigest = m_options.referenceDigest;
    plan.expected.vmpl = 0;
    return {};
}

Result<std::unique_ptr<RunningKeep>> EmulatedHost::start(
    const LaunchPlan &plan, const std::string &folder, const Progress &progress, std::stop_token stop)
{
    KASTELLAN_ASSIGN(const HostData hostData, hostDataOf(plan));
    // Opening the processor reads and checks keys meanwhile.
    Result<std::shared_ptr<Processor>> opened;
    std::jthread opening([&] { opened = processor({}, stop); });
    if (progress)
        progress("reading the keep image", 0, 0);
    KASTELLAN_ASSIGN(const ImageFiles image, ImageFiles::read(m_options.image));

    Leftovers leftovers;
    SandboxOptions options;
    options.keep = plan.id;
    options.bareFolder = bareImagePath(folder).string();
    options.isolated = !plan.noSandbox;
    const fs::path socket = wardenSocketPath(plan.id);
    const fs::path context = guestContextPath(folder), wardenNote = fs::path(folder) / wardenFile;
    leftovers.paths = {socket, context, context.string() + ".part", wardenNote, wardenNote.string() + ".part", options.bareFolder};
    if (!options.isolated) {
        std::error_code code;
        fs::remove_all(options.bareFolder, code);
        KASTELLAN_TRY(makeFolder(options.bareFolder));
    }
    KASTELLAN_ASSIGN(const Fd listener, listenForWarden(socket));
    // From here the process builds its world while the firmware measures the same bytes.
    KASTELLAN_ASSIGN(PendingKeep pending, PendingKeep::start(options, image, listener.get()));
    KASTELLAN_ASSIGN(const ProcessKeep layout, ProcessKeep::layOut(image.files(), options.command));
    opening.join();
    if (!opened)
        return std::unexpected(opened.error());
    Processor &processor = **opened;
    leftovers.processor = *opened;
    KASTELLAN_ASSIGN(const GuestHandle guest, processor.launchStart(GuestPolicy(plan.policy)));
    leftovers.guest = guest;
    KASTELLAN_TRY(measure(processor, guest, layout, hostData, progress, stop));
    KASTELLAN_ASSIGN(const LaunchDigest digest, processor.measurement(guest));

    if (progress)
        progress("starting the warden", 0, 0);
    KASTELLAN_ASSIGN(const Bytes saved, processor.saveGuest(guest));
    KASTELLAN_TRY(saveForRecovery(context, saved));
    KASTELLAN_TRY(pending.waitReady(stop));
    const std::string note = std::to_string(pending.pid()) + " " + std::to_string(process::startTime(pending.pid())) + "\n";
    KASTELLAN_TRY(saveForRecovery(wardenNote, asBytes(note)));
    KASTELLAN_TRY(pending.release(stop));
    RunningProcessKeep::Parts parts;
    parts.id = plan.id;
    parts.pid = pending.pid();
    parts.findings = sandboxFindings(pending.pid());
    if (digest != m_options.referenceDigest)
        if (auto finding = fileFinding(image, m_options.reference))
            parts.findings.push_back(std::move(*finding));
    parts.words = pending.takeWords();
    parts.pidfd = pending.takePidfd();
    parts.processor = *opened;
    parts.guest = guest;
    parts.folder = folder;
    leftovers.keep();
    return std::make_unique<RunningProcessKeep>(std::move(parts));
}

Result<std::unique_ptr<RunningKeep>> EmulatedHost::resume(const KeepStatus &status, const std::string &folder)
{
    RunningProcessKeep::Parts parts;
    std::int64_t pid = status.wardenPid;
    std::uint64_t start = status.wardenStart;
    if (pid == 0) { // its loader died before it had written its state
        if (const auto note = readFile(fs::path(folder) / wardenFile, 64))
            std::sscanf(std::string(asText(*note)).c_str(), "%" SCNd64 " %" SCNu64, &pid, &start);
    }
    KASTELLAN_ASSIGN(parts.pidfd, process::open(pid, start));
    KASTELLAN_ASSIGN(parts.processor, processor({}, {}));
    KASTELLAN_ASSIGN(const Bytes saved, readFile(guestContextPath(folder), guestContextLimit));
    KASTELLAN_ASSIGN(parts.guest, parts.processor->restoreGuest(saved));
    parts.id = status.plan.id;
    parts.pid = pid;
    parts.ourChild = false;
    parts.folder = folder;
    parts.findings = sandboxFindings(parts.pid);
    return std::make_unique<RunningProcessKeep>(std::move(parts));
}

} // namespace kastellan::sev
