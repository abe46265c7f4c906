// SPDX-License-Identifier: Apache-2.0
#include "tests/gui/support/host_samples.h"

#include <algorithm>

namespace kastellan::test {

namespace {

constexpr std::int64_t noon = 1'790'000'000;

ReadinessCheck check(std::string id, std::string area, std::string title, CheckState state, std::string looked, std::string saw,
    std::string parent = {}, std::vector<std::string> blocks = {})
{
    ReadinessCheck made;
    made.id = std::move(id);
    made.area = std::move(area);
    made.title = std::move(title);
    made.state = state;
    made.looked = std::move(looked);
    made.saw = std::move(saw);
    made.parent = std::move(parent);
    made.means = "This is what it means for a keep that is launched here.";
    made.source = "AMD 56860, 8.4";
    made.blocks = std::move(blocks);
    return made;
}

ReadinessVerdict verdict(
    const char *id, const char *title, ReadinessVerdict::State state, std::string sentence, std::vector<std::string> causes)
{
    return {id, title, state, std::move(sentence), std::move(causes)};
}

ReadinessCheck &of(Readiness &readiness, std::string_view id)
{
    return *std::ranges::find(readiness.checks, id, &ReadinessCheck::id);
}

CertificateView certificate(const char *role, std::string subject, std::string issuer, bool emulated)
{
    CertificateView view;
    view.role = role;
    view.subject = std::move(subject);
    view.issuer = std::move(issuer);
    view.serial = "0x0";
    view.key = "ECDSA P-384";
    view.notBefore = "2025-03-02 10:00:00 UTC";
    view.notAfter = "2049-10-22 17:24:09 UTC";
    view.sha256 = std::string(62, 'a') + role[0] + role[1];
    view.emulated = emulated;
    view.signatureGood = true;
    view.extensions = {{"product", "Genoa"}, {"TCB: SNP firmware", "23"}};
    return view;
}

} // namespace

Readiness readyHost(const std::string &id, const std::string &title, bool emulated)
{
    using S = CheckState;
    Readiness made;
    made.host = id;
    made.title = title;
    made.emulated = emulated;
    made.time = noon;
    made.lookedAt = emulated ? "the emulated host" : "this computer";
    made.root = "/";
    const auto ready = ReadinessVerdict::State::Ready;
    made.verdicts = {verdict("sev", "SEV", ready, "Keeps can run under SEV.", {}),
        verdict("es", "SEV-ES", ready, "Keeps can run under SEV-ES.", {}),
        verdict("snp", "SEV-SNP", ready, "Keeps can run under SEV-SNP.", {})};
    made.checks = {
        check("cpu.vendor", "Processor", "AMD processor", S::Pass, "CPUID 0x0", "AuthenticAMD", {}, {"sev", "es", "snp"}),
        check("cpu.sev", "Processor", "SEV in the processor", S::Pass, "CPUID 0x8000001f EAX bit 1", "set", "cpu.vendor",
            {"sev", "es", "snp"}),
        check("cpu.snp", "Processor", "SEV-SNP in the processor", S::Pass, "CPUID 0x8000001f EAX bit 4", "set", "cpu.sev", {"snp"}),
        check("msr.syscfg", "Registers", "Memory encryption enabled", S::Pass, "MSR 0xc0010010 bit 23 of every processor", "set on all 64",
            {}, {"sev"}),
        check("msr.snp", "Registers", "SEV-SNP enabled by the BIOS", S::Pass, "MSR 0xc0010010 bit 24 of every processor", "set on all 64",
            "msr.syscfg", {"snp"}),
        check("rmp.coverage", "Registers", "RMP covers all memory", S::Pass, "MSR 0xc0010132 and 0xc0010133", "all 256 GiB", "msr.snp",
            {"snp"}),
        check("kernel.version", "Kernel", "Kernel version", S::Pass, "uname", "6.12.48", {}, {"snp"}),
        check("kernel.cmdline", "Kernel", "Kernel command line", S::Pass, "/proc/cmdline", "iommu=nopt", {}, {"snp"}),
        check("kvm.sev", "KVM", "SEV in KVM", S::Pass, "/sys/module/kvm_amd/parameters/sev", "Y", {}, {"sev"}),
        check("kvm.guest", "KVM", "KVM can run a guest", S::Pass, "a guest of one page on /dev/kvm", "it ran and halted", {},
            {"sev", "es", "snp"}),
        check("firmware.version", "Firmware", "SEV firmware", S::Pass, "SNP_PLATFORM_STATUS", "1.58 build 40", {}, {}),
        check("firmware.bulletins", "Firmware", "Bulletins of AMD", S::Pass, "a table of 2026-10-01", "none that concerns it",
            "firmware.version", {}),
        check("user.device", "Permissions", "Access to /dev/sev", S::Pass, "/dev/sev", "readable and writable by group sev", {}, {}),
        check("cpu.smt", "Processor", "Simultaneous multithreading", S::Info, "/sys/devices/system/cpu/smt/active", "on", {}, {}),
    };
    return made;
}

Readiness misconfiguredHost(const std::string &id, const std::string &title)
{
    using S = CheckState;
    Readiness made = readyHost(id, title, false);
    auto &snp = of(made, "msr.snp");
    snp.state = S::Fail;
    snp.saw = "clear on all 64 processors";
    snp.means = "The BIOS has not turned on SEV-SNP: the firmware refuses to initialise it, and no keep can be launched under SEV-SNP.";
    snp.remedy =
        "In the BIOS setup, under AMD CBS, NBIO Common Options, set SEV-SNP Support to Enabled, and under CPU Common Options set SNP "
        "Memory (RMP Table) Coverage to Enabled. Restart.";
    auto &rmp = of(made, "rmp.coverage");
    rmp.state = S::Skipped;
    rmp.saw.clear();
    rmp.skippedFor = "msr.snp";
    auto &line = of(made, "kernel.cmdline");
    line.state = S::Fail;
    line.saw = "iommu=pt";
    line.means = "With the IOMMU in passthrough the kernel turns SEV-SNP off.";
    line.remedy = "Take iommu=pt out of the kernel's command line, and restart.";
    line.command = "sudo grubby --update-kernel=ALL --remove-args=\"iommu=pt\"";
    auto &bulletins = of(made, "firmware.bulletins");
    bulletins.state = S::Warning;
    bulletins.saw = "AMD-SB-3019 concerns it";
    bulletins.remedy = "Update the platform's firmware to AGESA GenoaPI 1.0.0.E or newer.";
    bulletins.source = "AMD-SB-3019";
    auto &guest = of(made, "kvm.guest");
    guest.state = S::Unknown;
    guest.saw = "not tried: without probes";
    made.verdicts[2].state = ReadinessVerdict::State::NotReady;
    made.verdicts[2].sentence = "SEV-SNP cannot be used: the BIOS has not turned it on, and the kernel's command line rules it out.";
    made.verdicts[2].causes = {"msr.snp", "kernel.cmdline"};
    return made;
}

Readiness unknownHost(const std::string &id, const std::string &title)
{
    Readiness made = readyHost(id, title, false);
    made.root = "/srv/build-root";
    for (ReadinessCheck &one : made.checks) {
        one.state = CheckState::Unknown;
        one.saw = "could not be read: permission denied";
    }
    for (ReadinessVerdict &one : made.verdicts) {
        one.state = ReadinessVerdict::State::Unknown;
        one.sentence = "Whether keeps can run under " + one.title + " could not be found out: the registers cannot be read.";
        one.causes = {"cpu.vendor"};
    }
    return made;
}

Readiness hugeHost(const std::string &id, int checks)
{
    Readiness made =
        misconfiguredHost(id, "A host whose name is so long that it does not fit into any header of any window, however wide it may be");
    const CheckState states[] = {
        CheckState::Pass, CheckState::Pass, CheckState::Warning, CheckState::Unknown, CheckState::Info, CheckState::Fail};
    for (int i = 0; i < checks; ++i) {
        const std::string number = std::to_string(i);
        ReadinessCheck one =
            check("huge." + number, "Area " + std::to_string(i / 20), "Check number " + number + " with a title that goes on and on",
                states[i % 6], "/sys/devices/system/cpu/cpu" + number + "/very/long/path/to/a/file/that/has/no/place/to/break/a/line/at",
                "A value that is rather long, so that it has to be cut somewhere, number " + number,
                i % 20 ? "huge." + std::to_string(i - 1) : "");
        if (i % 20 > 5)
            one.parent = "huge." + std::to_string(i / 20 * 20);
        one.remedy =
            "Do what has to be done, and then do it again, for it is worth it. See the manual of your board, chapter " + number + ".";
        one.command =
            "sudo some-rather-long-command --with-an-option=" + number + " --and-another-one=/etc/somewhere/deep/down/in/the/tree.conf";
        made.checks.push_back(std::move(one));
    }
    return made;
}

PlatformView samplePlatform(const std::string &host, bool emulated)
{
    PlatformView view;
    view.host = host;
    view.title = emulated ? "Emulated AMD SEV firmware 1.58.40, Genoa" : "AMD SEV firmware 1.58.40, Genoa";
    view.reachedBy = emulated ? "the emulated firmware" : "/dev/sev";
    view.emulated = emulated;
    view.sections = {{"Firmware",
                         {{"sev.version", "SEV version", "1.58.40", "API version and build of the SEV firmware."},
                             {"sev.state", "State", "INIT", "Ready for SEV guests; none runs."},
                             {"sev.owner", "Owner", "the platform itself", "It signed its endorsement key itself."}}},
        {"Identity", {{"chip.id", "Chip id", std::string(128, 'c'), "Names this processor; AMD's key server knows it by that."}}}};
    const auto levels = [](unsigned snp) { return std::vector<TcbLevel>{{"bl", 10}, {"tee", 0}, {"snp", snp}, {"ucode", 84}}; };
    view.tcb = {{"current", levels(23)}, {"committed", levels(22)}, {"reported", levels(23)}};
    view.ownership = {certificate("pdh", "PDH of this platform", "PEK", emulated),
        certificate("pek", "PEK of this platform", "OCA and CEK", emulated), certificate("oca", "Owner", "Owner", emulated),
        certificate("cek", "CEK of this chip", "ASK", emulated)};
    view.reports = {certificate("vcek", "CN=SEV-VCEK,O=Advanced Micro Devices", "CN=SEV-Genoa", emulated),
        certificate("ask", "CN=SEV-Genoa", "CN=ARK-Genoa", emulated), certificate("ark", "CN=ARK-Genoa", "CN=ARK-Genoa", emulated)};
    return view;
}

std::vector<PlatformAction> sampleActions()
{
    using Kind = ActionParameter::Kind;
    const auto action = [](std::string id, std::string title, std::string summary, ActionEffect effect,
                            std::vector<ActionParameter> parameters = {}) {
        return PlatformAction{std::move(id), std::move(title), std::move(summary), effect, std::move(parameters), true, {}};
    };
    std::vector<PlatformAction> all{
        action("export-chain", "Export the ownership chain…", "Writes PDH, PEK, OCA and CEK into a file.", ActionEffect::Reads,
            {{"output", "File", "Where to write it.", Kind::OutputFile, true, {}, {}},
                {"format", "Format", "For which tool.", Kind::Choice, false, {"sevctl", "sev-tool"}, "sevctl"}}),
        action("pdh-rotate", "Rotate the Diffie-Hellman key", "Makes a new PDH; sessions made for the old one are worth nothing.",
            ActionEffect::Changes),
        action("snp-config", "Set the SNP configuration…", "Sets the reported TCB and what reports mask.", ActionEffect::Changes,
            {{"reported-tcb", "Reported TCB", "At most the committed one.", Kind::Number, false, {}, "the current one"},
                {"mask-chip-id", "Mask the chip id", "Reports do not say which chip made them.", Kind::Flag, false, {}, {}}}),
        action("reset", "Reset the platform…", "Makes all keys anew and forgets the owner.", ActionEffect::Destroys),
        action("import", "Import a signed PEK…", "Takes the owner's signature over the platform's key.", ActionEffect::Destroys,
            {{"pek", "PEK certificate", "Signed by the owner.", Kind::InputFile, true, {}, {}},
                {"oca", "OCA certificate", "The owner's.", Kind::InputFile, true, {}, {}}}),
        action("snp-commit", "Commit the firmware…", "Makes this firmware the oldest that can be loaded.", ActionEffect::Irreversible),
    };
    all[4].available = false;
    all[4].whyNot = "2 guests run. Stop them first.";
    return all;
}

ActionPlan samplePlanOf(const PlatformAction &action, const std::map<std::string, std::string> &arguments)
{
    ActionPlan plan;
    plan.action = action.id;
    plan.arguments = arguments;
    plan.title = action.title;
    plan.effect = action.effect;
    plan.steps = {"Ask the firmware for its state.", "Tell it to do this.", "Read back what came of it."};
    if (action.effect == ActionEffect::Destroys)
        plan.consequences = {"The owner's certificate and all keys made for it are lost.", "Owners have to make their sessions again."};
    if (action.effect == ActionEffect::Irreversible)
        plan.consequences = {"Firmware older than 1.58.40 can never be loaded again."};
    if (action.effect != ActionEffect::Reads)
        plan.guests = {"keep payroll (01020304)"};
    plan.needsPrivilege = action.effect == ActionEffect::Irreversible;
    return plan;
}

KnownCertificate sampleCertificate(const std::string &role, const std::string &state, std::int64_t notAfter)
{
    KnownCertificate made;
    made.sha256 = std::string(60, 'b') + role.substr(0, 2) + state.substr(0, 2);
    made.role = role;
    made.title = "SEV-Genoa";
    made.issuer = "CN=ARK-Genoa";
    made.product = "Genoa";
    made.notAfter = notAfter;
    made.state = state;
    made.good = state == "valid" || state == "current";
    made.source = "chain.pem";
    return made;
}

} // namespace kastellan::test
