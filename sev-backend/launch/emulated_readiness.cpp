// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/launch/emulated_readiness.h"

#include "sev-backend/confine/landlock.h"
#include "sev-backend/confine/seccomp.h"
#include "sev-backend/launch/image_files.h"
#include "sev-backend/launch/namespaces.h"
#include "sev-backend/readiness/judge.h"
#include "sev-backend/readiness/recording.h"

#include <cerrno>
#include <ctime>
#include <format>

#include <sys/mman.h>

namespace kastellan::sev {
namespace fs = std::filesystem;

namespace {

void lookAtSandbox(HostFacts &facts)
{
    if (const auto allowed = probeNamespaces()) {
        facts.setFlag("emulated.namespaces", true, "clone3");
    } else {
        facts.failed("emulated.namespaces", "clone3", allowed.error().why);
        facts.set("emulated.namespaces.remedy", allowed.error().remedy, "");
    }
    facts.setFlag("emulated.seccomp", seccompAvailable(), "seccomp");
    facts.set("emulated.landlock", static_cast<std::uint64_t>(landlock::version()), "landlock_create_ruleset");
    const Fd memory(::memfd_create("kastellan-probe", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (memory)
        facts.setFlag("emulated.memfd", true, "memfd_create");
    else
        facts.error("emulated.memfd", "memfd_create", errno);
}

void lookAtImage(HostFacts &facts, const EmulatedHostOptions &options, bool probes)
{
    const std::string folder = options.image.string();
    std::error_code code;
    if (!fs::is_directory(options.image, code)) {
        facts.absent("emulated.image", folder, "there is no such folder");
        return;
    }
    facts.set("emulated.image", folder, "the folder");
    if (!probes) {
        facts.notLooked("emulated.image.differences", folder, "probes were not wanted");
        return;
    }
    const auto image = ImageFiles::read(options.image);
    if (!image) {
        facts.failed("emulated.image.differences", folder, image.error().why);
        return;
    }
    constexpr std::size_t shown = 5;
    const auto lines = image->differences(options.reference);
    std::string text;
    for (std::size_t i = 0; i < lines.size() && i < shown; ++i)
        text += (i ? "; " : "") + lines[i];
    if (lines.size() > shown)
        text += std::format("; and {} more", lines.size() - shown);
    facts.set("emulated.image.differences", text, "SHA-256 of every file");
}

/// Lines for people, in order, in a form that a recording holds.
class Shown {
public:
    explicit Shown(HostFacts &facts)
        : m_facts(facts)
    {
    }
    void add(std::string_view label, std::string_view value)
    {
        m_facts.set(std::format("shown.{:02}", m_count++), std::format("{}: {}", label, value), "");
    }

private:
    HostFacts &m_facts;
    unsigned m_count = 0;
};

void lookAtProcessor(HostFacts &facts, Shown &shown, const EmulatedHostOptions &options, const OpenProcessor &processor)
{
    const std::string folder = options.processor.string();
    if (!Processor::exists(options.processor)) {
        const std::string profile = "emulated " + std::string(defaultProfile().productName);
        facts.absent("emulated.processor", folder, "its identity is made on first launch");
        facts.set("emulated.platform", profile + ", SEV-SNP; its identity is made on first launch", "");
        shown.add("Processor", profile);
        shown.add("Root", "made on first launch");
        return;
    }
    const auto opened = processor();
    if (!opened) {
        facts.failed("emulated.processor", folder, opened.error().message());
        facts.set("emulated.processor.remedy", opened.error().remedy, "");
        return;
    }
    const ProcessorDescription description = (*opened)->describe();
    const std::string platform = "emulated " + description.profile + ", SEV-SNP " + description.firmware + ", root " + description.root;
    facts.set("emulated.processor", platform, folder);
    facts.set("emulated.platform", platform, folder);
    shown.add("Processor", "emulated " + description.profile);
    shown.add("Firmware", description.firmware);
    shown.add("TCB", description.tcb);
    shown.add("Chip", description.chipId);
    shown.add("Root", description.root);
}

class EmulatedInspector final : public HostInspector {
public:
    EmulatedInspector(EmulatedHostOptions options, OpenProcessor processor)
        : m_options(std::move(options))
        , m_processor(std::move(processor))
    {
    }
    Result<Readiness> inspect(const InspectOptions &options, const Progress &progress, std::stop_token) override
    {
        if (progress)
            progress("looking at the emulated host", 0, 0);
        return judge(lookAtEmulatedHost(m_options, m_processor, options.probes));
    }
    Result<std::string> record(const InspectOptions &options, const Progress &progress, std::stop_token) override
    {
        if (progress)
            progress("looking at the emulated host", 0, 0);
        HostFacts facts = lookAtEmulatedHost(m_options, m_processor, options.probes);
        if (options.redactChipId)
            for (const auto &number : facts.below("shown."))
                if (facts.text("shown." + number).value_or("").starts_with("Chip: "))
                    facts.erase("shown." + number);
        return toRecording(facts);
    }

private:
    EmulatedHostOptions m_options;
    OpenProcessor m_processor;
};

} // namespace

HostFacts lookAtEmulatedHost(const EmulatedHostOptions &options, const OpenProcessor &processor, bool probes)
{
    HostFacts facts;
    facts.host = "emulated";
    facts.title = "Emulated host";
    facts.time = static_cast<std::int64_t>(std::time(nullptr));
    facts.recordedBy = "Kastellan " KASTELLAN_VERSION;
    Shown shown(facts);
    lookAtProcessor(facts, shown, options, processor);
    lookAtImage(facts, options, probes);
    lookAtSandbox(facts);
    shown.add("Keep image", options.image.string());
    shown.add("Reference launch digest", toHex(options.referenceDigest.view()));
    const auto landlockVersion = facts.number("emulated.landlock").value_or(0);
    shown.add("Landlock", landlockVersion ? "version " + std::to_string(landlockVersion) : "not offered by this kernel");
    shown.add("seccomp", facts.flag("emulated.seccomp").value_or(false) ? "offered" : "not offered by this kernel");
    shown.add("Namespaces", facts.has("emulated.namespaces") ? "allowed" : facts.why("emulated.namespaces"));
    return facts;
}

std::shared_ptr<HostInspector> makeEmulatedInspector(EmulatedHostOptions options, OpenProcessor processor)
{
    return std::make_shared<EmulatedInspector>(std::move(options), std::move(processor));
}

} // namespace kastellan::sev
