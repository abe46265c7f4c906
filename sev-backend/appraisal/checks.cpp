// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/appraisal/checks.h"

namespace kastellan::sev {
namespace checks {

constinit const Check rootKind{"root.kind", "root", true,
    "An emulated platform proves the procedure and nothing about hardware; it must never pass for a real one.",
    "Accept an emulated root only for rehearsal, by name; for the real thing use a host with AMD SEV-SNP.", "Kastellan design, Trust"};
constinit const Check rootPinned{"root.pinned", "root", true,
    "Whoever holds the root key can certify any processor: everything else rests on this one.",
    "Get the certificates from AMD's key server (kdsintf.amd.com); if they come from there, do not trust this evidence.",
    "AMD 57230 (VCEK Certificate and KDS Interface), chapter 2"};
constinit const Check chainComplete{"chain.complete", "chain", true,
    "Without every certificate between the report and the root nothing can be proven.",
    "Fetch the missing certificates (ARK, ASK, VCEK) for this chip and TCB from AMD's key server, and appraise again.",
    "AMD 57230, chapter 2"};
constinit const Check chainSignatures{"chain.signatures", "chain", true,
    "Each certificate must be signed by the one above it, with RSASSA-PSS and SHA-384 exactly.",
    "Fetch the chain again; if it stays broken, someone replaced a certificate.", "AMD 57230, chapter 2; RFC 4055"};
constinit const Check chainNames{"chain.names", "chain", true,
    "A certificate that was made for another role or product must not stand in for the right one.",
    "Use the chain of this product: ASK for a VCEK, ASVK for a VLEK.", "AMD 57230, tables 4 to 11"};
constinit const Check chainConstraints{"chain.constraints", "chain", true,
    "Only certificate authorities may certify, and a report's key must not be one.", "Fetch the chain again from AMD's key server.",
    "RFC 5280, sections 4.2.1.3 and 4.2.1.9"};
constinit const Check chainDates{"chain.dates", "chain", true, "A certificate vouches for its key within its dates only.",
    "Check the clock of this computer; else fetch certificates that are valid.", "RFC 5280, section 4.1.2.5"};
constinit const Check chainCrl{"chain.crl", "chain", false, "AMD revokes certificates whose keys are no longer to be trusted.",
    "Fetch the product's revocation list from AMD's key server, and appraise again.", "AMD 57230, chapter 4; RFC 5280, section 5"};

constinit const Check reportFormat{"report.format", "report", true, "What can't be read proves nothing.",
    "Give the raw attestation report of 1184 bytes.", "SEV-SNP Firmware ABI 1.58 (AMD 56860), ATTESTATION_REPORT"};
constinit const Check reportVersion{"report.version", "report", true,
    "A version that is not known may mean something else by the same bytes.", "Update this program.",
    "SEV-SNP Firmware ABI 1.58 (AMD 56860), ATTESTATION_REPORT, VERSION"};
constinit const Check reportSignature{"report.signature", "report", true,
    "The chip's key signs the report: a changed bit, or another chip, breaks it.",
    "Ask for a new report. If it fails again, something between the firmware and here changes it, or the certificate is another chip's.",
    "SEV-SNP Firmware ABI 1.58 (AMD 56860), ATTESTATION_REPORT, SIGNATURE"};
constinit const Check reportKey{"report.key", "report", true,
    "The report says which kind of key signed it, and how; the certificate must be of that kind.",
    "Give the VCEK's or VLEK's certificate, as the report says.",
    "SEV-SNP Firmware ABI 1.58 (AMD 56860), ATTESTATION_REPORT, SIGNING_KEY and SIGNATURE_ALGO"};
constinit const Check reportReserved{"report.reserved", "report", true,
    "Reserved bytes are zero. Anything else was not written by a firmware that is understood here.",
    "Update this program if the firmware is newer; else do not trust this report.",
    "SEV-SNP Firmware ABI 1.58 (AMD 56860), ATTESTATION_REPORT"};
constinit const Check reportProduct{"report.product", "report", true,
    "The product decides what TCB and chip id mean, and which root certifies the chip.",
    "Use the chain of the product that the report names; update this program if the product is new.",
    "SEV-SNP Firmware ABI 1.58 (AMD 56860), ATTESTATION_REPORT, CPUID_FAM_ID and CPUID_MOD_ID"};
constinit const Check reportData{"report.data", "binding", true,
    "These 64 bytes bind the report to this session and this nonce: without them an old report, or another keep's, would pass.",
    "Ask for a new report in this session. If it still differs, the report comes from somewhere else.",
    "SEV-SNP Firmware ABI 1.58 (AMD 56860), MSG_REPORT_REQ, REPORT_DATA"};
constinit const Check reportHostData{"report.hostdata", "binding", true,
    "The keep was launched for one owner key: its hash is fixed at launch, and the keep obeys that key alone.",
    "Launch the keep again with your owner key.", "SEV-SNP Firmware ABI 1.58 (AMD 56860), SNP_LAUNCH_FINISH, HOST_DATA"};
constinit const Check reportVmpl{"report.vmpl", "report", true,
    "The privilege level tells which software inside of the guest asked for the report.", "Ask for the report from the expected level.",
    "SEV-SNP Firmware ABI 1.58 (AMD 56860), MSG_REPORT_REQ, VMPL"};

constinit const Check tcbCertificate{"tcb.certificate", "tcb", true,
    "A chip's key differs for each level of its firmware: the certificate must be for the levels that the report states.",
    "Fetch the certificate for the reported TCB from AMD's key server.", "AMD 57230, table 9; SEV-SNP Firmware ABI 1.58, TCB_VERSION"};
constinit const Check tcbOrder{"tcb.order", "tcb", true,
    "A platform can't report more than it has committed to, nor commit to more than it runs.",
    "Do not trust this report: no firmware writes these levels.", "SEV-SNP Firmware ABI 1.58 (AMD 56860), section 3.3"};
constinit const Check tcbMinimum{"tcb.minimum", "tcb", true, "Older firmware has known faults.",
    "Have the host's firmware and microcode updated, and committed.", "the owner's reference values"};
constinit const Check tcbBulletin{"tcb.bulletin", "tcb", false,
    "Firmware below these levels accepts microcode that AMD did not sign (AMD-SB-3019).",
    "Have the host's firmware and microcode updated, and committed.", "AMD-SB-3019"};

constinit const Check chipCertificate{"chip.certificate", "platform", true,
    "The certificate is one chip's; the report must come from that chip.", "Fetch the certificate for the chip id in the report.",
    "AMD 57230, table 9 (hwID); SEV-SNP Firmware ABI 1.58, CHIP_ID"};
constinit const Check platformAlias{"platform.alias", "platform", false,
    "Memory whose addresses alias each other lets a host undo the protection (BadRAM).",
    "Have the host's firmware updated to one that checks at start (AMD-SB-3015).",
    "AMD-SB-3015; SEV-SNP Firmware ABI 1.58, PLATFORM_INFO, ALIAS_CHECK_COMPLETE"};

constinit const Check policyReserved{"policy.reserved", "policy", true, "A policy bit that is not known may take a protection away.",
    "Update this program if the firmware is newer.", "SEV-SNP Firmware ABI 1.58 (AMD 56860), section 4.3"};
constinit const Check policyDebug{"policy.debug", "policy", true, "With debugging on, the host reads and changes the guest's memory.",
    "Launch without debugging. --allow-debug accepts it, for tests.", "SEV-SNP Firmware ABI 1.58 (AMD 56860), section 4.3, DEBUG"};
constinit const Check policyMigration{"policy.migration", "policy", true,
    "A migration agent can read all of the guest, and can set up another one in its name.", "Launch without a migration agent.",
    "SEV-SNP Firmware ABI 1.58 (AMD 56860), section 4.3, MIGRATE_MA, and REPORT_ID_MA"};

constinit const Check launchDigest{"launch.digest", "launch", true,
    "The launch digest covers everything that the firmware loaded before the keep began.",
    "Compare the keep image with the one that was expected, file by file: keepctl measure process.",
    "SEV-SNP Firmware ABI 1.58 (AMD 56860), SNP_LAUNCH_UPDATE and PAGE_INFO"};

} // namespace checks

std::span<const Check *const> allChecks()
{
    using namespace checks;
    static constexpr const Check *all[] = {&rootKind, &rootPinned, &chainComplete, &chainSignatures, &chainNames, &chainConstraints,
        &chainDates, &chainCrl, &reportFormat, &reportVersion, &reportSignature, &reportKey, &reportReserved, &reportProduct,
        &chipCertificate, &tcbCertificate, &tcbOrder, &tcbMinimum, &tcbBulletin, &policyReserved, &policyDebug, &policyMigration,
        &platformAlias, &reportVmpl, &reportData, &reportHostData, &launchDigest};
    return all;
}

Finding &Findings::add(const Check &check, Outcome outcome, std::string expected, std::string actual)
{
    Finding &finding = m_list.emplace_back();
    finding.id = check.id;
    finding.area = check.area;
    finding.outcome = outcome;
    finding.required = check.required || m_strict;
    finding.expected = std::move(expected);
    finding.actual = std::move(actual);
    finding.why = check.why;
    if (outcome == Outcome::Fail || outcome == Outcome::Unknown)
        finding.remedy = check.remedy;
    finding.source = check.source;
    return finding;
}

} // namespace kastellan::sev
