// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/appraisal/legacy_chain.h"
#include "sev-backend/legacy/launch_owner.h"

#include "core/base/digest.h"

#include <format>

namespace kastellan::sev {
namespace {

std::string word(ByteView bytes, std::size_t offset)
{
    return std::format("{:#x}", loadLe<std::uint32_t>(bytes, offset));
}

/// All 2084 bytes of a certificate, without gap.
std::vector<Field> certificateFields(const legacy::Certificate &certificate)
{
    const ByteView bytes = certificate.bytes();
    std::vector<Field> fields = {
        {0x000, 4, "version", word(bytes, 0), "of the certificate's form; always 1"},
        {0x004, 1, "api_major", std::to_string(certificate.apiMajor()), "firmware that wrote it"},
        {0x005, 1, "api_minor", std::to_string(certificate.apiMinor()), "firmware that wrote it"},
        {0x006, 2, "reserved", toHex(bytes.subspan(6, 2)), "zero"},
        {0x008, 4, "pubkey_usage", word(bytes, 8), "what the key is for: " + legacy::nameOf(certificate.usage())},
        {0x00c, 4, "pubkey_algo", word(bytes, 12), "what the key does: " + legacy::nameOf(certificate.algorithm())},
    };
    if (certificate.point()) {
        fields.push_back({0x010, 4, "curve", word(bytes, 0x10), "1 P-256, 2 P-384"});
        fields.push_back({0x014, 72, "qx", toHex(bytes.subspan(0x14, 72)), "the public key's x, little-endian"});
        fields.push_back({0x05c, 72, "qy", toHex(bytes.subspan(0x5c, 72)), "the public key's y, little-endian"});
        fields.push_back({0x0a4, 0x370, "unused", "", "zero"});
    } else {
        fields.push_back({0x010, 4, "modulus_size", std::to_string(loadLe<std::uint32_t>(bytes, 0x10)), "in bits"});
        fields.push_back({0x014, 512, "exponent", toHex(bytes.subspan(0x14, 512)), "of the public key, little-endian"});
        fields.push_back({0x214, 512, "modulus", toHex(bytes.subspan(0x214, 512)), "of the public key, little-endian"});
    }
    for (const int number : {0, 1}) {
        const std::size_t at = number == 0 ? 0x414 : 0x61c;
        const auto slot = certificate.slot(number);
        const std::string name = "sig" + std::to_string(number + 1);
        fields.push_back({at, 4, name + "_usage", word(bytes, at), "signed by: " + legacy::nameOf(slot.usage)});
        fields.push_back({at + 4, 4, name + "_algo", word(bytes, at + 4), "with: " + legacy::nameOf(slot.algorithm)});
        fields.push_back({at + 8, 512, name, slot.usage == legacy::Usage::Invalid ? "" : toHex(bytes.subspan(at + 8, 512)),
            "over the first 1044 bytes, little-endian"});
    }
    return fields;
}

std::string policyWords(legacy::Policy policy)
{
    std::string text;
    static constexpr std::pair<unsigned, const char *> names[] = {{0, "no debugging"}, {1, "no key sharing"}, {2, "SEV-ES"},
        {3, "never sent"}, {4, "within its domain"}, {5, "to SEV platforms only"}};
    for (const auto &[bit, name] : names)
        if ((policy >> bit) & 1)
            text += (text.empty() ? "" : ", ") + std::string(name);
    return (text.empty() ? "no protection asked for" : text)
        + std::format("; API {}.{} or newer", (policy >> 16) & 0xff, (policy >> 24) & 0xff);
}

std::vector<Field> reportFields(const legacy::AttestationReport &report)
{
    const ByteView bytes = report.bytes;
    return {
        {0x00, 16, "mnonce", toHex(report.nonce()), "what was asked for, so that an old report does not pass"},
        {0x10, 32, "launch_digest", toHex(report.launchDigest()), "SHA-256 of all that was measured at launch"},
        {0x30, 4, "policy", word(bytes, 0x30), policyWords(report.policy())},
        {0x34, 4, "sig_usage", word(bytes, 0x34), "signed by: " + legacy::nameOf(legacy::Usage(loadLe<std::uint32_t>(bytes, 0x34)))},
        {0x38, 4, "sig_algo", word(bytes, 0x38), "with: " + legacy::nameOf(legacy::Algorithm(loadLe<std::uint32_t>(bytes, 0x38)))},
        {0x3c, 4, "reserved", toHex(bytes.subspan(0x3c, 4)), "zero"},
        {0x40, 144, "signature", toHex(bytes.subspan(0x40, 144)), "r and s over the first 52 bytes, little-endian"},
    };
}

std::vector<Field> launchFields(ByteView bytes, const legacy::LaunchRecord &record)
{
    return {
        {0x00, 32, "measure", toHex(bytes.first(32)), "HMAC-SHA-256 with the owner's TIK"},
        {0x20, 16, "mnonce", toHex(record.measure.nonce), "the firmware's, part of what is authenticated"},
        {0x30, 8, "mark", toHex(bytes.subspan(0x30, 8)),
            "of Kastellan's form: what the owner adds, so that the measurement can be computed again"},
        {0x38, 1, "api_major", std::to_string(record.build.apiMajor), "of the firmware that launched it"},
        {0x39, 1, "api_minor", std::to_string(record.build.apiMinor), "of the firmware that launched it"},
        {0x3a, 1, "build_id", std::to_string(record.build.build), "of the firmware that launched it"},
        {0x3b, 1, "reserved", toHex(bytes.subspan(0x3b, 1)), "zero"},
        {0x3c, 4, "policy", word(bytes, 0x3c), policyWords(record.policy)},
        {0x40, 16, "tik", toHex(record.tik), "the owner's integrity key of this launch alone; of no use once the keep was attested"},
        {0x50, 128, "session", toHex(record.session), "the session blob that the host was given"},
        {0xd0, 32, "godh_sha256", toHex(record.godh.view()), "SHA-256 of the owner's Diffie-Hellman certificate"},
    };
}

CertificateView viewOf(const LegacyLink &link, bool signatureGood, std::string issuer)
{
    CertificateView view;
    view.role = link.role;
    view.subject = link.name();
    view.issuer = std::move(issuer);
    view.signatureGood = signatureGood;
    view.sha256 = toHex(sha256(link.bytes).view());
    if (link.certificate) {
        view.subject += ", API " + std::to_string(link.certificate->apiMajor()) + "." + std::to_string(link.certificate->apiMinor());
        const auto point = link.certificate->point();
        view.key = !point ? "RSA" : point->curve == 2 ? "EC P-384" : "EC P-256";
        view.extensions.emplace_back("key usage", legacy::nameOf(link.certificate->usage()));
        view.extensions.emplace_back("key algorithm", legacy::nameOf(link.certificate->algorithm()));
    } else if (link.authority) {
        if (const auto product = legacy::productOfArk(*link.authority); product && link.role == "ark")
            view.subject += " " + std::string(*product);
        view.key = "RSA " + std::to_string(link.authority->modulusBytes() * 8);
        view.serial = toHex(link.authority->keyId());
        view.extensions.emplace_back("key id", toHex(link.authority->keyId()));
        view.extensions.emplace_back("certifying id", toHex(link.authority->certifyingId()));
    } else {
        view.extensions.emplace_back("unreadable", link.problem);
    }
    return view;
}

} // namespace

EvidenceView describeLegacy(const Evidence &evidence)
{
    const LegacyChain chain = readLegacyChain(evidence);
    EvidenceView view;
    view.technology = "AMD SEV";
    view.product = chain.product();
    if (evidence.kind == "sev-report") {
        if (const auto report = legacy::AttestationReport::parse(evidence.report, "report")) {
            view.fields = reportFields(*report);
            if (report->policy() & 4)
                view.technology = "AMD SEV-ES";
        }
    } else if (const auto record = legacy::LaunchRecord::parse(evidence.report); record && evidence.kind == "sev-launch-measure") {
        view.fields = launchFields(evidence.report, *record);
        if (record->policy & 4)
            view.technology = "AMD SEV-ES";
    } else if (evidence.kind == "sev-launch-measure" && evidence.report.size() == 48) {
        view.fields = {{0, 32, "measure", toHex(ByteView(evidence.report).first(32)), "HMAC-SHA-256 with the owner's TIK"},
            {32, 16, "mnonce", toHex(ByteView(evidence.report).subspan(32)), "the firmware's, part of what is authenticated"}};
    } else if (evidence.kind == "sev-chain" && chain.pdh.certificate) {
        view.fields = certificateFields(*chain.pdh.certificate);
    }
    if (view.fields.empty() && !evidence.report.empty())
        view.fields.push_back({0, evidence.report.size(), "bytes", std::to_string(evidence.report.size()) + " bytes", "Unreadable."});
    // An emulated authority says so in its key id: no name has room in this form.
    const auto isEmulated = [](const LegacyLink &link) {
        return link.authority && asText(link.authority->keyId()).starts_with("EMULATED");
    };
    const bool emulated = !chain.emulatedRoot.empty() || isEmulated(chain.ark) || isEmulated(chain.ask);
    const auto add = [&](const LegacyLink &link, bool good, const char *issuer) {
        if (!link.there())
            return;
        view.chain.push_back(viewOf(link, good, issuer));
        view.chain.back().emulated = emulated;
    };
    add(chain.pdh, chain.pdhSigned, "PEK");
    add(chain.pek, chain.pekSigned, "OCA and CEK");
    add(chain.oca, chain.ocaSigned, "OCA");
    add(chain.cek, chain.cekSigned, "ASK");
    add(chain.ask, chain.askSigned || (!chain.ark.there() && chain.askKey), "ARK");
    add(chain.ark, chain.arkSigned && (chain.arkKey || !chain.emulatedRoot.empty()), "ARK");
    return view;
}

} // namespace kastellan::sev
