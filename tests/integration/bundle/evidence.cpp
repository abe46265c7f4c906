// SPDX-License-Identifier: Apache-2.0
#include "evidence.h"

#include "core/base/digest.h"
#include "core/keys/keys.h"
#include "core/workload/workload.h"
#include "sev-backend/appraisal/backend.h"
#include "sev-backend/emulator/processor.h"
#include "tests/support/vectors.h"

#include <ctime>

namespace kastellan::test {
namespace {

/// The certificates of a PEM file, DER.
std::vector<Bytes> certificatesOf(std::string_view pem)
{
    constexpr std::string_view begin = "-----BEGIN CERTIFICATE-----";
    constexpr std::string_view end = "-----END CERTIFICATE-----";
    std::vector<Bytes> all;
    for (std::size_t at = pem.find(begin); at != std::string_view::npos; at = pem.find(begin, at + 1)) {
        const auto from = at + begin.size();
        all.push_back(fromBase64(pem.substr(from, pem.find(end, at) - from)).value());
    }
    return all;
}

Finding workloadFinding(const Sha256 &module)
{
    Finding finding;
    finding.id = "workload.digest";
    finding.area = "workload";
    finding.outcome = Outcome::Pass;
    finding.reference = true;
    finding.expected = finding.actual = "module sha256:" + toHex(module.view());
    finding.why = "The keep recomputes the digests of everything it received and binds them into this report.";
    finding.source = "docs/records.md";
    return finding;
}

} // namespace

Result<Record> emulatedRecord(std::optional<std::size_t> altered)
{
    KASTELLAN_ASSIGN(const auto processor, sev::Processor::open());
    KASTELLAN_ASSIGN(const auto owner, keys::freshOwnerKey());
    KASTELLAN_ASSIGN(const auto guest, processor->launchStart(sev::GuestPolicy(0x30000)));
    const Bytes page(4096, 0x17);
    KASTELLAN_TRY(processor->launchUpdate(guest, sev::PageType::Normal, 0x1000, page));
    sev::LaunchFinish finish;
    finish.hostData.bytes = owner.second.bytes;
    KASTELLAN_ASSIGN(const LaunchDigest digest, processor->measurement(guest));
    KASTELLAN_TRY(processor->launchFinish(guest, finish));

    const Sha256 module = sha256(asBytes("a module"));
    const std::vector<DeliveryItem> items = {{"module", 8, module, ""}, {"configuration", 0, sha256(ByteView()), ""}};
    const Bytes manifest = canonicalManifest(items);
    Binding binding;
    binding.keep = randomFixed<KeepId>();
    binding.nonce = randomFixed<Nonce>();
    binding.exporter = randomFixed<Exporter>();
    binding.wardenKey = randomFixed<Sha256>();
    binding.first = binding.attestData();
    binding.manifest = sha256(manifest);

    sev::ReportRequest request;
    request.reportData = binding.deliverData();
    KASTELLAN_ASSIGN(const auto response, sev::ReportResponse::decode(processor->guestRequest(guest, request.encode())));

    Record record;
    record.id = "r00112233445566aa";
    record.keep = toHex(binding.keep.view());
    record.keepName = "hello";
    record.host = "emulated";
    record.kind = "deliver";
    record.created = std::time(nullptr);
    record.evidence.report = response.report;
    if (altered)
        record.evidence.report[*altered] ^= 1;
    record.evidence.endorsements = processor->endorsements();
    record.expected.root = processor->rootFingerprint();
    record.expected.launchDigest = digest;
    record.expected.hostData = finish.hostData;
    record.expected.reportData = request.reportData;
    record.expected.vmpl = 0;
    record.binding = binding;
    record.plan =
        R"({"name":"hello","host":"emulated","protection":"emulated SEV-SNP","workload_sha256":")" + toHex(module.view()) + R"("})";
    record.manifest =
        R"({"items":[{"name":"module","size":8,"sha256":")" + toHex(module.view()) + R"("}],"canonical":")" + toBase64(manifest) + R"("})";
    record.appraisal.at = record.created;
    record.appraisal.emulated = true;
    record.appraisal.findings = sev::makeEvidenceBackend()->appraise(record.evidence, record.expected, record.created);
    record.appraisal.findings.push_back(workloadFinding(module));
    decide(record.appraisal);
    return record;
}

Record hardwareRecord(const std::string &folder)
{
    Record record;
    record.id = "rffeeddccbbaa9988";
    record.keep = std::string(32, '0');
    record.keepName = "a guest on real hardware";
    record.host = "elsewhere";
    record.kind = "attest";
    record.created = std::time(nullptr);
    record.evidence.report = vector(folder + "/report.bin");
    const Bytes ca = vector(folder + "/ca.pem");
    const auto authorities = certificatesOf(asText(ca));
    record.evidence.endorsements = {{"vcek", vector(folder + "/vek.der")}, {"ask", authorities.at(0)}, {"ark", authorities.at(1)}};
    record.expected.launchDigest =
        LaunchDigest::from(ByteView(record.evidence.report).subspan(0x90, LaunchDigest::size), "the report").value();
    record.appraisal.at = record.created;
    record.appraisal.findings = sev::makeEvidenceBackend()->appraise(record.evidence, record.expected, record.created);
    decide(record.appraisal);
    return record;
}

} // namespace kastellan::test
