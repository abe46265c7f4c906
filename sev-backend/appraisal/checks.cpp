// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/appraisal/checks.h"

#include "sev-backend/appraisal/policy.h"

namespace kastellan::sev {
namespace checks {

constinit const Check rootKind{"root.kind", "root", true,
    "An emulated platform proves the procedure and nothing about hardware; it must never pass for a real one.",
    "Accept an emulated root only for rehearsal, by its fingerprint (--root emulated:…); for the real thing use a host with AMD SEV-SNP.",
    "Kastellan design, Trust"};
constinit const Check rootPinned{"root.pinned", "root", true,
    "Whoever holds the root key can certify any processor: everything else rests on this one.",
    "Get the certificates from AMD's key server (kdsintf.amd.com); if they come from there, do not trust this evidence.",
    "AMD 57230 (VCEK Certificate and KDS Interface), chapter 2"};
constinit const Check chainComplete{"chain.complete", "chain", true,
    "Without every certificate between the report and the root nothing can be proven.",
    "Fetch the missing certificates (ARK, ASK, VCEK) for this chip and TCB from AMD's key server, and appraise again: keepctl evidence "
    "verify --fetch.",
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
constinit const Check chainLeaf{"chain.crl.leaf", "chain", false,
    "AMD gives every VCEK the serial number 0, so a revocation list can't name one: a lost chip key is answered by a new TCB.",
    "Hold the TCB to a floor; for a leaf with a number of its own, do not trust a revoked one.",
    "AMD 57230, chapters 2 and 4; RFC 5280, section 5.3"};
constinit const Check chainProvider{"chain.provider", "chain", true,
    "A VLEK is a cloud provider's, not a chip's: who it is has to be one that the owner trusts with all of its machines.",
    "Take evidence from a provider that the policy names, or name this one.", "AMD 57230, table 11 (CSP_ID)"};

constinit const Check reportFormat{"report.format", "report", true, "What can't be read proves nothing.",
    "Give the raw attestation report of 1184 bytes.", "SEV-SNP Firmware ABI 1.58 (AMD 56860), ATTESTATION_REPORT"};
constinit const Check reportVersion{"report.version", "report", true,
    "A version that is not known may mean something else by the same bytes.", "Update this program.",
    "SEV-SNP Firmware ABI 1.58 (AMD 56860), ATTESTATION_REPORT, VERSION"};
constinit const Check reportMinimum{"report.minimum", "report", true,
    "Older versions of the report leave out what the owner wants to know.", "Have the host's firmware updated.",
    "the owner's policy file, report.minimum_version"};
constinit const Check reportSigner{"report.signer", "report", true,
    "A VCEK proves one chip; a VLEK proves only that the machine is a provider's.",
    "Launch on a host whose firmware signs with that kind of key.",
    "SEV-SNP Firmware ABI 1.58 (AMD 56860), ATTESTATION_REPORT, SIGNING_KEY; the owner's policy file, signing_key"};
constinit const Check productAllowed{"product.allowed", "report", true, "The owner accepts some product lines only.",
    "Launch on a processor of a product that the policy names.", "the owner's policy file, products"};
constinit const Check productStepping{"product.stepping", "report", true, "The owner accepts some steppings only.",
    "Launch on a processor of a stepping that the policy names.",
    "SEV-SNP Firmware ABI 1.58 (AMD 56860), ATTESTATION_REPORT, CPUID_STEP; the owner's policy file, steppings"};
constinit const Check productName{"product.name", "report", false,
    "The certificate's product name carries a stepping; some were issued with a wrong one, which harms nothing.",
    "None is needed: the chip id and TCB decide which certificate this is.", "AMD 57230, table 9 (productName)"};
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
constinit const Check reportId{"report.id", "binding", true, "The report id is new at every launch: it names one guest and no other.",
    "Ask the guest that is meant for its report.", "SEV-SNP Firmware ABI 1.58 (AMD 56860), ATTESTATION_REPORT, REPORT_ID"};
constinit const Check reportAgent{"report.agent", "policy", true,
    "Whoever holds the migration agent can read the guest: it has to be the one that is trusted.",
    "Launch with the migration agent that the policy names.", "SEV-SNP Firmware ABI 1.58 (AMD 56860), ATTESTATION_REPORT, REPORT_ID_MA"};

constinit const Check tcbCertificate{"tcb.certificate", "tcb", true,
    "A chip's key differs for each level of its firmware: the certificate must be for the levels that the report states.",
    "Fetch the certificate for the reported TCB from AMD's key server.", "AMD 57230, table 9; SEV-SNP Firmware ABI 1.58, TCB_VERSION"};
constinit const Check tcbOrder{"tcb.order", "tcb", true,
    "A platform can't report more than it has committed to, nor commit to more than it runs.",
    "Do not trust this report: no firmware writes these levels.", "SEV-SNP Firmware ABI 1.58 (AMD 56860), section 3.3"};
constinit const Check tcbMinimum{"tcb.minimum", "tcb", true, "Older firmware has known faults.",
    "Have the host's firmware and microcode updated, and committed.", "the owner's reference values"};
constinit const Check tcbCommitted{"tcb.minimum.committed", "tcb", true,
    "Firmware above the committed levels can be set back to them by the host.", "Have the host's firmware committed (SNP_COMMIT).",
    "the owner's policy file, tcb"};
constinit const Check tcbCurrent{"tcb.minimum.current", "tcb", true, "This is what runs: older firmware has known faults.",
    "Have the host's firmware and microcode updated.", "the owner's policy file, tcb"};
constinit const Check tcbLaunch{"tcb.minimum.launch", "tcb", true,
    "What was launched under older firmware may have been tampered with then.", "Launch again on updated firmware.",
    "the owner's policy file, tcb"};
constinit const Check firmwareVersion{"firmware.version", "tcb", true, "Older firmware lacks protections and has known faults.",
    "Have the host's SEV firmware updated.",
    "SEV-SNP Firmware ABI 1.58 (AMD 56860), CURRENT_MAJOR, _MINOR and _BUILD; the owner's policy file, firmware"};
constinit const Check firmwareProvisional{"firmware.provisional", "tcb", false,
    "A firmware that is not committed can be set back by the host to an older one.", "Have the host's firmware committed (SNP_COMMIT).",
    "SEV-SNP Firmware ABI 1.58 (AMD 56860), SNP_COMMIT"};
constinit const Check mitigationsLaunch{"mitigations.launch", "tcb", true,
    "A mitigation that was off at launch did not protect what was loaded.", "Launch on firmware with these mitigations.",
    "SEV-SNP Firmware ABI 1.58 (AMD 56860), LAUNCH_MIT_VECTOR"};
constinit const Check mitigationsCurrent{"mitigations.current", "tcb", true, "Each bit is a fault that the firmware is proof against.",
    "Have the host's firmware updated.", "SEV-SNP Firmware ABI 1.58 (AMD 56860), CURRENT_MIT_VECTOR"};
constinit const Check tcbBulletin{"tcb.bulletin", "tcb", false,
    "Firmware below these levels has faults that a host can use against its guests.",
    "Have the host's firmware and microcode updated, and committed.", "AMD-SB-3016, 3019, 3020, 3023, 3030"};

constinit const Check chipCertificate{"chip.certificate", "platform", true,
    "The certificate is one chip's; the report must come from that chip.", "Fetch the certificate for the chip id in the report.",
    "AMD 57230, table 9 (hwID); SEV-SNP Firmware ABI 1.58, CHIP_ID"};
constinit const Check chipAllowed{"chip.allowed", "platform", true, "The owner accepts certain machines only.",
    "Launch on a machine that the policy names, or name this one.", "the owner's policy file, report.chip_ids"};
constinit const Check platformAllowed{"platform.allowed", "platform", true,
    "The owner does not accept machines that are set up in another way.", "Have the host set up without it, or allow it in the policy.",
    "SEV-SNP Firmware ABI 1.58, PLATFORM_INFO; the owner's policy file, platform_info.allowed"};
constinit const Check platformRequired{"platform.required", "platform", true, "The owner demands these protections of the machine.",
    "Have the host set up with it.", "SEV-SNP Firmware ABI 1.58, PLATFORM_INFO; the owner's policy file, platform_info.required"};
constinit const Check platformAlias{"platform.alias", "platform", false,
    "Memory whose addresses alias each other lets a host undo the protection (BadRAM).",
    "Have the host's firmware updated to one that checks at start (AMD-SB-3015).",
    "AMD-SB-3015; SEV-SNP Firmware ABI 1.58, PLATFORM_INFO, ALIAS_CHECK_COMPLETE"};

constinit const Check policyFile{"policy.file", "policy", true, "A policy that can't be read can't be held to: nothing passes under it.",
    "Correct the policy file: keepctl evidence policy check FILE.", "docs/policy.md"};
constinit const Check policyAbi{"policy.abi", "policy", true, "The guest runs only on firmware whose interface is at least this new.",
    "Launch with a guest policy that demands it.", "SEV-SNP Firmware ABI 1.58 (AMD 56860), section 4.3, ABI_MAJOR and ABI_MINOR"};
constinit const Check policyAllowed{"policy.allowed", "policy", true, "The guest was launched with less protection than its owner accepts.",
    "Launch with a guest policy that allows no more than that.", "SEV-SNP Firmware ABI 1.58 (AMD 56860), section 4.3"};
constinit const Check policyRequired{"policy.required", "policy", true,
    "The guest was launched without a protection that its owner demands.", "Launch with a guest policy that demands it.",
    "SEV-SNP Firmware ABI 1.58 (AMD 56860), section 4.3"};
constinit const Check policyReserved{"policy.reserved", "policy", true, "A policy bit that is not known may take a protection away.",
    "Update this program if the firmware is newer.", "SEV-SNP Firmware ABI 1.58 (AMD 56860), section 4.3"};
constinit const Check policyDebug{"policy.debug", "policy", true, "With debugging on, the host reads and changes the guest's memory.",
    "Launch without debugging. --allow-debug accepts it, for tests.", "SEV-SNP Firmware ABI 1.58 (AMD 56860), section 4.3, DEBUG"};
constinit const Check policyMigration{"policy.migration", "policy", true,
    "A migration agent can read all of the guest, and can set up another one in its name.", "Launch without a migration agent.",
    "SEV-SNP Firmware ABI 1.58 (AMD 56860), section 4.3, MIGRATE_MA, and REPORT_ID_MA"};

constinit const Check launchDigest{"launch.digest", "launch", true,
    "The launch digest covers everything that the firmware loaded before the keep or guest began.",
    "For a keep, compare its image file by file: keepctl measure process. For a virtual machine, 'keepctl measure snp … --expect @REPORT' "
    "searches what explains the difference.",
    "SEV-SNP Firmware ABI 1.58 (AMD 56860), SNP_LAUNCH_UPDATE and PAGE_INFO"};
constinit const Check launchDenied{"launch.denied", "launch", true, "The owner knows of this launch digest, and does not want it to run.",
    "Launch an image that is not withdrawn.", "the owner's policy file, launch.denied_digests"};
constinit const Check guestFamily{"guest.family", "launch", true, "The ID block says which family of guests this one belongs to.",
    "Launch with the ID block of that family.", "SEV-SNP Firmware ABI 1.58 (AMD 56860), section 8.18, FAMILY_ID"};
constinit const Check guestImage{"guest.image", "launch", true, "The ID block says which image this guest is.",
    "Launch with the ID block of that image.", "SEV-SNP Firmware ABI 1.58 (AMD 56860), section 8.18, IMAGE_ID"};
constinit const Check guestSvn{"guest.svn", "launch", true, "A guest below this security version has faults that its owner knows of.",
    "Launch a newer image, with its ID block.", "SEV-SNP Firmware ABI 1.58 (AMD 56860), section 8.18, GUEST_SVN"};
constinit const Check idBlockPresent{"idblock.present", "launch", true,
    "With an ID block the firmware itself refuses to launch anything but what the owner signed.", "Launch with a signed ID block.",
    "SEV-SNP Firmware ABI 1.58 (AMD 56860), section 8.18"};
constinit const Check idBlockKey{"idblock.key", "launch", true,
    "The firmware checked at launch that this key signed launch digest, ids, policy and security version.",
    "Launch with an ID block by a key that the policy names.", "SEV-SNP Firmware ABI 1.58 (AMD 56860), section 8.18, ID_KEY_DIGEST"};
constinit const Check idBlockAuthor{"idblock.author", "launch", true, "The author key says which ID keys may speak for the owner.",
    "Launch with an ID key that a listed author key signed.", "SEV-SNP Firmware ABI 1.58 (AMD 56860), section 8.18, AUTHOR_KEY_DIGEST"};
constinit const Check idBlockDenied{"idblock.denied", "launch", true, "A key that was withdrawn must not speak for the owner any more.",
    "Sign the image with a key that is not withdrawn.", "the owner's policy file, id_block.denied_id_keys and denied_author_keys"};

} // namespace checks

std::span<const Check *const> allChecks()
{
    using namespace checks;
    static constexpr const Check *all[] = {&rootKind, &rootPinned, &chainComplete, &chainSignatures, &chainNames, &chainConstraints,
        &chainDates, &chainCrl, &chainLeaf, &chainProvider, &policyFile, &reportFormat, &reportVersion, &reportMinimum, &reportSignature,
        &reportKey, &reportSigner, &reportReserved, &reportProduct, &productAllowed, &productStepping, &productName, &chipCertificate,
        &chipAllowed, &tcbCertificate, &tcbOrder, &tcbMinimum, &tcbCommitted, &tcbCurrent, &tcbLaunch, &tcbBulletin, &firmwareVersion,
        &firmwareProvisional, &mitigationsLaunch, &mitigationsCurrent, &policyReserved, &policyDebug, &policyMigration, &policyAbi,
        &policyAllowed, &policyRequired, &platformAlias, &platformAllowed, &platformRequired, &reportVmpl, &reportData, &reportHostData,
        &reportId, &reportAgent, &launchDigest, &launchDenied, &guestFamily, &guestImage, &guestSvn, &idBlockPresent, &idBlockKey,
        &idBlockAuthor, &idBlockDenied};
    return all;
}

Findings::Findings(bool strict)
    : Findings(strict, []() -> const Policy & {
        static const Policy nothing;
        return nothing;
    }())
{
}

Finding &Findings::add(const Check &check, Outcome outcome, std::string expected, std::string actual)
{
    Finding &finding = m_list.emplace_back();
    finding.id = check.id;
    finding.area = check.area;
    finding.outcome = outcome;
    finding.required = check.required || m_strict || m_policy.demands(check.id);
    finding.expected = std::move(expected);
    finding.actual = std::move(actual);
    finding.why = check.why;
    if (outcome == Outcome::Fail || outcome == Outcome::Unknown)
        finding.remedy = check.remedy;
    finding.source = check.source;
    return finding;
}

} // namespace kastellan::sev
