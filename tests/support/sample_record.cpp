// SPDX-License-Identifier: Apache-2.0
#include "tests/support/sample_record.h"

#include "core/base/digest.h"

namespace kastellan::test {
namespace {

template <typename Fixed>
Fixed filled(std::uint8_t first)
{
    Fixed value;
    for (std::size_t i = 0; i < Fixed::size; ++i)
        value.bytes[i] = static_cast<std::uint8_t>(first + i);
    return value;
}

Bytes counted(std::size_t size, unsigned seed)
{
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<std::uint8_t>(i * 7 + seed);
    return bytes;
}

} // namespace

Record sampleRecord(unsigned number)
{
    Record record;
    const auto keep = filled<KeepId>(static_cast<std::uint8_t>(number));
    record.keep = toHex(keep.view());
    record.keepName = "hello-" + std::to_string(number);
    record.host = "emulated";
    record.kind = "deliver";
    record.created = 1763898000 + number;
    record.evidence.report = counted(1184, number);
    record.evidence.endorsements = {{"ark", counted(700, 1)}, {"ask", counted(710, 2)}, {"vcek", counted(720, 3)}};
    record.expected.root = "emulated:" + std::string(64, 'a');
    record.expected.launchDigest = filled<LaunchDigest>(16);
    record.expected.reportData = filled<ReportData>(32);
    record.expected.hostData = filled<HostData>(48);
    record.expected.minimumTcb = {{"snp", 8}, {"ucode", 115}};
    record.expected.vmpl = 0;
    record.expected.strict = true;
    record.appraisal.emulated = true;
    record.appraisal.at = record.created;
    record.appraisal.overrides = {"--allow-debug"};
    record.appraisal.findings = {
        {"root.pinned", "root", Outcome::Pass, true, "the accepted root", "the accepted root",
            "Only a pinned root proves who made the processor.", "", "SNP ABI 1.58", false},
        {"report.signature", "report", Outcome::Pass, true, "signed by the VCEK", "signed by the VCEK", "An altered report proves nothing.",
            "", "SNP ABI 1.58, 7.3", false},
        {"launch.digest", "launch", Outcome::Pass, true, std::string(96, '1'), std::string(96, '1'), "It names what was loaded.", "",
            "SNP ABI 1.58, 8.17", true},
        {"chain.crl", "chain", Outcome::Unknown, false, "a revocation list", "none was given", "A revoked certificate proves nothing.",
            "Give a list with --crl.", "RFC 5280", false},
        {"workload.execution", "workload", Outcome::Info, false, "", "interpreter", "", "", "", false},
    };
    decide(record.appraisal);
    Binding binding;
    binding.keep = keep;
    binding.nonce = filled<Nonce>(1);
    binding.exporter = filled<Exporter>(2);
    binding.wardenKey = filled<Sha256>(3);
    binding.manifest = filled<Sha256>(4);
    binding.first = filled<ReportData>(5);
    record.binding = binding;
    record.plan = R"({"name":"hello","host":"emulated"})";
    record.manifest = R"([{"name":"module","size":42}])";
    record.notes = "made by a test";
    return record;
}

EvidenceView sampleView()
{
    EvidenceView view;
    view.technology = "AMD SEV-SNP";
    view.product = "Genoa";
    view.fields = {{0x000, 4, "VERSION", "5", "format of the report"},
        {0x050, 64, "REPORT_DATA", std::string(128, 'a'), "what the keep bound into it"}};
    view.tcb = {{"certificate", {{"bl", 9}, {"snp", 23}}}, {"reported", {{"bl", 9}, {"snp", 23}}}};
    CertificateView root{"ark", "CN=ARK-Emulated, O=Kastellan EMULATED", "CN=ARK-Emulated, O=Kastellan EMULATED", "1", "RSA 4096",
        "2025-01-01", "2050-01-01", std::string(64, 'b'), true, true, false, {}};
    CertificateView middle = root;
    middle.role = "ask";
    middle.subject = "CN=SEV-Emulated, O=Kastellan EMULATED";
    CertificateView leaf = middle;
    leaf.role = "vcek";
    leaf.issuer = middle.subject;
    leaf.subject = "CN=SEV-VCEK, O=Kastellan EMULATED";
    leaf.key = "P-384";
    leaf.extensions = {{"snpSPL", "23"}, {"hwID", std::string(128, 'c')}};
    view.chain = {leaf, middle, root};
    return view;
}

} // namespace kastellan::test
