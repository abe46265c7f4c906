// SPDX-License-Identifier: Apache-2.0
#include "tests/gui/support/samples.h"

#include <algorithm>

namespace kastellan::test {

namespace {

constexpr std::int64_t noon = 1'790'000'000; // a fixed time: pictures of two runs are the same

template <typename Fixed>
Fixed filled(unsigned char seed)
{
    Fixed value;
    for (std::size_t i = 0; i < Fixed::size; ++i)
        value.bytes[i] = static_cast<unsigned char>(seed * 37 + i * 101 + (i * i) % 251);
    return value;
}

const std::string emulatedRoot = "emulated:" + toHex(filled<Sha256>(9).view());

Finding passed(
    const char *id, const char *area, std::string expected, std::string actual, const char *why, const char *source, bool required = true)
{
    Finding finding;
    finding.id = id;
    finding.area = area;
    finding.outcome = Outcome::Pass;
    finding.required = required;
    finding.expected = std::move(expected);
    finding.actual = std::move(actual);
    finding.why = why;
    finding.source = source;
    return finding;
}

void change(std::vector<Finding> &findings, std::string_view id, Outcome outcome, std::string actual, std::string remedy)
{
    const auto found = std::ranges::find(findings, id, &Finding::id);
    found->outcome = outcome;
    found->actual = std::move(actual);
    found->remedy = std::move(remedy);
}

} // namespace

LaunchPlan samplePlan(const std::string &name, unsigned char number)
{
    LaunchPlan plan;
    plan.id = filled<KeepId>(number);
    plan.id.bytes.back() = number;
    plan.name = name;
    plan.host = "emulated";
    plan.protection = "emulated SEV-SNP";
    plan.workload = "/home/ada/workloads/" + name;
    plan.workloadDigest = filled<Sha256>(3);
    plan.configuration = "args = [\"--sort\", \"descending\"]\nstdin = \"inherit\"\nstdout = \"inherit\"\nsecrets = "
                         "[\"token\"]\n\n[env]\nLANG = \"C.UTF-8\"\n\n[limits]\nmemory = \"64 MiB\"\ntime = \"10m\"\n";
    plan.image = {{"/usr/bin/keep-warden", 1'482'912, filled<Sha256>(11), 0755},
        {"/usr/bin/keep-runner", 903'240, filled<Sha256>(12), 0755}, {"/lib64/ld-linux-x86-64.so.2", 225'600, filled<Sha256>(13), 0755},
        {"/usr/lib/libwasmedge.so.0", 18'203'184, filled<Sha256>(14), 0644},
        {"/usr/lib/libcrypto.so.3", 6'390'912, filled<Sha256>(15), 0644}, {"/usr/lib/libc.so.6", 2'003'408, filled<Sha256>(16), 0755}};
    plan.expected.root = emulatedRoot;
    plan.expected.launchDigest = filled<LaunchDigest>(5);
    plan.ownerKey = toHex(filled<Sha256>(6).view());
    plan.created = noon;
    return plan;
}

HostInfo sampleMachineHost()
{
    HostInfo host;
    host.id = "qemu:///session";
    host.name = "This computer's libvirt";
    host.state = "not ready";
    host.why = "It offers no SEV: QEMU does not support SEV guests.";
    host.remedy = "Rehearse the launch, or add a host with an AMD EPYC processor.";
    host.platform = "QEMU 10.0.13, libvirt 11.3.0";
    host.machines = true;
    host.rehearses = true;
    return host;
}

HostInfo sampleReadyMachineHost()
{
    HostInfo host;
    host.id = "qemu+ssh://epyc1/system";
    host.name = "epyc1";
    host.state = "ready";
    host.why = "Keeps can run under SEV-SNP, SEV-ES and SEV.";
    host.platform = "AMD EPYC 9354, QEMU 10.0.13, libvirt 11.3.0";
    host.machines = true;
    host.technologies = {"snp", "es", "sev"};
    return host;
}

HostInfo sampleBareHost()
{
    HostInfo host;
    host.id = "qemu+ssh://oldbox/system";
    host.name = "oldbox";
    host.state = "not ready";
    host.why = "It offers no SEV: its processor is no AMD EPYC.";
    host.remedy = "Choose a host with an AMD EPYC processor.";
    host.platform = "QEMU 9.2.0, libvirt 10.7.0";
    host.machines = true;
    return host;
}

HostInfo sampleCluster()
{
    HostInfo host;
    host.id = "kubevirt://lab/keeps";
    host.name = "Cluster lab, namespace keeps";
    host.state = "unknown";
    host.why = "The cluster is asked when a keep is planned. KubeVirt measures no kernel today: keeps there are undecided, and nothing is "
               "delivered to them.";
    host.platform = "KubeVirt at https://lab.example:6443";
    host.machines = true;
    host.technologies = {"snp", "es", "sev"};
    return host;
}

std::string sampleYaml()
{
    return "# A keep for the cluster 'lab' (https://lab.example:6443).\n# Nothing is delivered to it: no module, no configuration, no "
           "secret.\napiVersion: kubevirt.io/v1\nkind: VirtualMachineInstance\nmetadata:\n  name: keep-payroll\nspec:\n  domain:\n    "
           "launchSecurity:\n      snp:\n        policy: \"0x30000\"\n";
}

MachinePlan sampleMachine(const MachineRequest &request)
{
    MachinePlan plan;
    plan.request = request;
    plan.technology = request.unattested ? "none" : request.technology.empty() ? "snp" : request.technology;
    plan.cpuModel = request.cpuModel.empty() ? "EPYC-v4" : request.cpuModel;
    plan.memoryMiB = request.memoryMiB ? request.memoryMiB : 384;
    plan.domainXml = "<domain type=\"kvm\">\n  <name>keep-payroll-01020304</name>\n  <memory unit=\"MiB\">384</memory>\n  <vcpu>"
        + std::to_string(request.vcpus)
        + "</vcpu>\n  <os>\n    <type arch=\"x86_64\" machine=\"q35\">hvm</type>\n    <loader "
          "type=\"rom\">/var/lib/keep/OVMF.amdsev.fd</loader>\n"
          "    <kernel>/var/lib/keep/kernel</kernel>\n  </os>\n  <!-- measured: firmware, kernel, initrd, command line -->\n"
          "  <launchSecurity type=\"sev-snp\" kernelHashes=\"yes\">\n    <policy>0x30000</policy>\n  </launchSecurity>\n</domain>\n";
    return plan;
}

KeepStatus sampleKeep(const std::string &name, unsigned char number, KeepState state)
{
    KeepStatus keep;
    keep.plan = samplePlan(name, number);
    keep.state = state;
    keep.emulated = true;
    std::int64_t at = (noon + number * 60) * 1000;
    const auto enter = [&](KeepState next, std::int64_t after) { keep.timeline.emplace_back(next, at += after); };
    enter(KeepState::Planned, 0);
    enter(KeepState::Starting, 412);
    if (state != KeepState::Starting && state != KeepState::Planned)
        enter(KeepState::Attesting, 655);
    const bool delivered = state == KeepState::Running || state == KeepState::Suspect || state == KeepState::Stopped;
    if (delivered) {
        enter(KeepState::Delivering, 88);
        enter(KeepState::Running, 61);
        keep.verdict = "trusted";
        keep.execution = "aot";
    }
    if (state == KeepState::Suspect || state == KeepState::Stopped || state == KeepState::Failed || state == KeepState::Refused)
        enter(state, 5204);
    if (state == KeepState::Refused) {
        keep.verdict = "refused";
        keep.reason = "the launch digest is not the expected one";
    }
    if (state == KeepState::Failed)
        keep.reason = "the warden ended before it answered (signal 9)";
    if (state == KeepState::Suspect)
        keep.reason = "An attestation was missed: the warden did not answer within 30 seconds.";
    if (state == KeepState::Stopped)
        keep.exitCode = 0;
    keep.since = at / 1000;
    keep.loaderAlive = keep.wardenAlive = !isFinal(state);
    keep.loaderPid = keep.wardenPid = 4242;
    return keep;
}

Appraisal sampleAppraisal(Verdict verdict)
{
    Appraisal appraisal;
    appraisal.emulated = true;
    appraisal.at = noon;
    const std::string digest = toHex(filled<LaunchDigest>(5).view()), chip = toHex(filled<FixedBytes<struct ChipTag, 64>>(7).view());
    appraisal.findings = {
        passed("root.pinned", "root", emulatedRoot, emulatedRoot,
            "A chain is worth what its root is worth: only the one fixed in the plan counts.", "Kastellan design, Trust"),
        passed("root.kind", "root", "emulated", "emulated",
            "An emulated platform proves the procedure and nothing about hardware; it must never pass for a real one.",
            "Kastellan design, Trust"),
        passed("chain.signatures", "chain", "each verifies with the next", "all three verify",
            "Each certificate is vouched for by the one above it.", "AMD 57230, chapter 3"),
        passed("chain.dates", "chain", "valid at the time of appraisal", "all valid", "An expired certificate is no longer vouched for.",
            "RFC 5280, 6.1.3"),
        passed("chain.revocation", "chain", "a current list that names none of them", "no revocation list is there",
            "A revoked key may be in wrong hands.", "AMD 57230, chapter 4", false),
        passed("report.format", "report", "a report of version 2 to 5", "1184 bytes, version 3",
            "A report that cannot be read proves nothing.", "AMD 56860, table 23"),
        passed("report.signature", "report", "ECDSA P-384 by the VCEK", "verifies",
            "Only the processor with this key can have made the report.", "AMD 56860, 7.3"),
        passed("report.chip", "report", chip, chip, "The report and the certificate have to be of one chip.", "AMD 57230, 3.1"),
        passed("tcb.certificate", "tcb", "bl 10, tee 0, snp 23, ucode 84", "bl 10, tee 0, snp 23, ucode 84",
            "The key belongs to exactly this state of the firmware.", "AMD 57230, 3.1"),
        passed("policy.debug", "policy", "off", "off", "With debugging on, the host can read the keep's memory.", "AMD 56860, table 10"),
        passed("policy.migration", "policy", "no migration agent", "none", "A migration agent could move the keep elsewhere.",
            "AMD 56860, table 10"),
        passed("report.data", "binding", toHex(filled<ReportData>(8).view()), toHex(filled<ReportData>(8).view()),
            "The report was made for this session, and is not another's or an old one.", "Kastellan design, Challenge"),
        passed("launch.digest", "launch", digest, digest, "It names every byte that was loaded before the workload.", "AMD 56860, 8.17"),
        passed("workload.digest", "workload", "SHA-256 of the delivery manifest", "equal",
            "The evidence proves the workload, not the keep image alone.", "Kastellan design, Deliver"),
        passed("sandbox.namespaces", "sandbox", "user, mount, pid, net, ipc and uts of its own", "all of them",
            "What the keep's processes can reach is what can go wrong.", "docs/threat-model.md"),
    };
    change(appraisal.findings, "chain.revocation", Outcome::Unknown, "no revocation list is there",
        "Fetch the list with “keepctl certs fetch”, or leave it: it is advisory.");
    const auto launch = std::ranges::find(appraisal.findings, std::string("launch.digest"), &Finding::id);
    launch->reference = true;
    if (verdict == Verdict::Refused) {
        std::string other = digest;
        other.replace(24, 16, "00c0ffee00c0ffee");
        change(appraisal.findings, "launch.digest", Outcome::Fail, other,
            "The file /usr/lib/libwasmedge.so.0 of the keep image differs from the one this program was built with. Install the keep image "
            "again.");
    }
    if (verdict == Verdict::Undecided)
        change(appraisal.findings, "report.signature", Outcome::Unknown, "the VCEK is missing", "Fetch the chip's certificate.");
    if (verdict == Verdict::Authentic)
        appraisal.findings.erase(launch);
    decide(appraisal);
    return appraisal;
}

Record sampleRecord(const KeepStatus &keep, const std::string &kind, Verdict verdict)
{
    Record record;
    record.keep = toHex(keep.plan.id.view());
    record.keepName = keep.plan.name;
    record.host = keep.plan.host;
    record.kind = kind;
    record.created = keep.since - (kind == "attest" ? 2 : 1);
    record.evidence.report = Bytes(1184, 0x5a);
    record.expected = keep.plan.expected;
    record.appraisal = sampleAppraisal(verdict);
    record.plan = toJson(keep.plan);
    if (kind != "attest")
        record.manifest = R"({"items":[{"name":"module","size":48213,"sha256":")" + toHex(filled<Sha256>(3).view())
            + R"("},{"name":"configuration","size":171,"sha256":")" + toHex(filled<Sha256>(4).view())
            + R"("},{"name":"secret:token","size":32,"keyed":")" + toHex(filled<Sha256>(2).view()) + R"("}]})";
    return record;
}

EvidenceView sampleView()
{
    EvidenceView view;
    view.technology = "AMD SEV-SNP (emulated)";
    view.product = "Genoa";
    view.fields = {{0x000, 4, "version", "3", "Version of this layout."},
        {0x008, 8, "policy", "0x30000 (smt, must-be-one)", "Guest policy: debugging and migration are off."},
        {0x050, 64, "report_data", toHex(filled<ReportData>(8).view()), "What the guest had bound into the report."},
        {0x090, 48, "measurement", toHex(filled<LaunchDigest>(5).view()), "Launch digest: everything the firmware loaded."},
        {0x0c0, 32, "host_data", toHex(filled<Sha256>(6).view()), "What the launcher bound: the digest of the owner key."},
        {0x180, 8, "reported_tcb", "0a00000000001754", "Levels that the certificate is for."},
        {0x2a0, 512, "signature", toHex(Bytes(96, 0x3c)), "ECDSA P-384, R and S, little-endian."}};
    for (const char *name : {"certificate", "reported", "current", "committed", "launch"})
        view.tcb.push_back({name, {{"bl", 10}, {"tee", 0}, {"snp", 23}, {"ucode", 84}}});
    const auto certificate = [](const char *role, const char *name, const char *key, unsigned char seed) {
        CertificateView one;
        one.role = role;
        one.subject = std::string("O=Kastellan EMULATED, OU=Emulated: proves nothing about hardware, CN=") + name;
        one.issuer = "O=Kastellan EMULATED";
        one.serial = "0";
        one.key = key;
        one.notBefore = "2026-11-22 12:00:00 UTC";
        one.notAfter = "2033-11-21 12:00:00 UTC";
        one.sha256 = toHex(filled<Sha256>(seed).view());
        one.emulated = one.signatureGood = true;
        return one;
    };
    view.chain = {certificate("vcek", "SEV-VCEK", "EC P-384", 21), certificate("ask", "SEV-Genoa", "RSA 4096", 22),
        certificate("ark", "ARK-Genoa", "RSA 4096", 23)};
    return view;
}

Bytes sampleModule()
{
    return {0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, // \0asm, version 1
        0x01, 0x04, 0x01, 0x60, 0x00, 0x00, // type: () -> ()
        0x03, 0x02, 0x01, 0x00, // one function of it
        0x07, 0x0a, 0x01, 0x06, '_', 's', 't', 'a', 'r', 't', 0x00, 0x00, // exported as _start
        0x0a, 0x04, 0x01, 0x02, 0x00, 0x0b}; // its empty body
}

} // namespace kastellan::test
