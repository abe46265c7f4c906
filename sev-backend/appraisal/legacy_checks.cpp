// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/appraisal/legacy_chain.h"

namespace kastellan::sev {
namespace checks {

constinit const Check sevFormat{"sev.format", "report", true, "What can't be read proves nothing.",
    "Give the file as the platform or its tool wrote it.", "SEV API 0.24 (AMD 55766), appendix C"};
constinit const Check sevComplete{"sev.complete", "chain", true,
    "Without every certificate between the platform and AMD's root nothing can be proven.",
    "Export the whole chain on the platform (sevctl export, or PDH_CERT_EXPORT), with the CEK that AMD's key server gives for the chip.",
    "SEV API 0.24 (AMD 55766), section 2.1"};
constinit const Check sevSignatures{"sev.signatures", "chain", true,
    "Each certificate must be signed by the one above it: PDH by PEK, PEK by OCA and CEK, CEK by ASK, ASK and ARK by ARK.",
    "Export the chain again, and take ASK and ARK from AMD; if it stays broken, someone replaced a certificate.",
    "SEV API 0.24 (AMD 55766), section 2.1"};
constinit const Check sevUsages{"sev.usages", "chain", true,
    "A key that was made for another purpose, or with another algorithm, must not stand in for the right one.",
    "Export the chain again; do not trust this one.", "SEV API 0.24 (AMD 55766), appendix C.1"};
constinit const Check sevEncoding{"sev.encoding", "chain", true,
    "Bytes that no signature covers and that mean nothing are zero in every certificate that a platform writes.",
    "Export the chain again; something between the platform and here changed it.", "SEV API 0.24 (AMD 55766), appendix C.1"};
constinit const Check sevReportSignature{"sev.report.signature", "report", true,
    "The platform's endorsement key (PEK) signs the report: a changed bit, or another platform, breaks it.",
    "Ask for a new report, and give the chain of the platform that it comes from.", "SEV API 0.24 (AMD 55766), ATTESTATION"};
constinit const Check sevPolicyReserved{"sev.policy.reserved", "policy", true, "A policy bit that is not known may take a protection away.",
    "Update this program if the firmware is newer.", "SEV API 0.24 (AMD 55766), section 3.2"};
constinit const Check sevPolicyDebug{"sev.policy.debug", "policy", true,
    "With debugging on, the host reads and changes the guest's memory.",
    "Launch with NODBG (policy bit 0). --allow-debug accepts it, for tests.", "SEV API 0.24 (AMD 55766), section 3.2, NODBG"};
constinit const Check sevPolicySharing{"sev.policy.sharing", "policy", false,
    "Where keys may be shared, another guest of the host can be given this one's memory key.", "Launch with NOKS (policy bit 1).",
    "SEV API 0.24 (AMD 55766), section 3.2, NOKS"};
constinit const Check sevPolicyMigration{"sev.policy.migration", "policy", false,
    "A guest that may be sent can end up on a platform that its owner never checked.",
    "Launch with NOSEND (policy bit 3), or at least with SEV (bit 5) or DOMAIN (bit 4).", "SEV API 0.24 (AMD 55766), section 3.2, NOSEND"};
constinit const Check sevPolicyEs{"sev.policy.es", "policy", false, "Without SEV-ES the hypervisor sees and changes the guest's registers.",
    "Launch with ES (policy bit 2).", "SEV API 0.24 (AMD 55766), section 3.2, ES"};
constinit const Check sevPolicyApi{"sev.policy.api", "policy", true,
    "The policy names the oldest firmware that may run the guest; the platform's certificates say which firmware wrote them.",
    "Do not trust this report: the firmware would not have launched the guest.", "SEV API 0.24 (AMD 55766), section 3.2, API_MAJOR"};
constinit const Check sevNonce{"sev.nonce", "binding", true,
    "The 16 bytes that were asked for bind the report to the question: without them an old report would pass.",
    "Ask for a new report with a fresh nonce (--report-data).", "SEV API 0.24 (AMD 55766), ATTESTATION, MNONCE"};
constinit const Check sevDigest{"sev.digest", "launch", true,
    "The launch digest covers the firmware, and with SEV-ES the processors' first state, that the guest began with.",
    "Compute it from the files that should have been launched: keepctl measure sev, keepctl measure es.",
    "SEV API 0.24 (AMD 55766), LAUNCH_MEASURE and ATTESTATION"};
constinit const Check sevMeasure{"sev.measure", "launch", true,
    "A launch measurement is authenticated by the guest owner's integrity key (TIK): only who holds it can check it.",
    "Check it with the TIK of the session: keepctl owner measurement. A keep that Kastellan launched with another measurement was "
    "destroyed.",
    "SEV API 0.24 (AMD 55766), LAUNCH_MEASURE"};
constinit const Check sevSession{"sev.session", "launch", true,
    "The session blob that the host was given carries a code over the guest policy, made with the owner's integrity key (TIK): it shows "
    "that "
    "this key and this policy belong to this session.",
    "Do not use this keep: the host did not launch it with the owner's session and policy.", "SEV API 0.24 (AMD 55766), LAUNCH_START"};
constinit const Check sevFirmware{"sev.firmware", "launch", false,
    "From API 0.17 on the measurement covers the firmware's version: older firmware can be told to be newer than it is.",
    "Update the platform's SEV firmware.", "SEV API 0.24 (AMD 55766), LAUNCH_MEASURE"};
constinit const Check evidencePresent{"evidence.present", "report", true,
    "A keep that gives no evidence may be anything, and so may what runs in it.",
    "Launch it on a host with SEV, or as a rehearsal (--rehearse), where evidence is emulated.",
    "Kastellan design, How a keep is launched"};
constinit const Check sevExpected{"sev.expected", "binding", true,
    "What was expected and can't be compared must not look as if it had been.",
    "Leave the value out, or ask for evidence of a keep under SEV-SNP.", "Kastellan design, Verdict"};

} // namespace checks

std::span<const Check *const> legacyChecks()
{
    using namespace checks;
    static constexpr const Check *all[] = {&sevFormat, &sevComplete, &sevSignatures, &sevUsages, &sevEncoding, &sevReportSignature,
        &sevPolicyReserved, &sevPolicyDebug, &sevPolicySharing, &sevPolicyMigration, &sevPolicyEs, &sevPolicyApi, &sevNonce, &sevDigest,
        &sevMeasure, &sevSession, &sevFirmware, &sevExpected, &evidencePresent};
    return all;
}

} // namespace kastellan::sev
