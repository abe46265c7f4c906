// SPDX-License-Identifier: Apache-2.0
// The legacy chain (SEV and SEV-ES): certificates alone and in the concatenations that platforms and tools write, and reports.
#include "sev-backend/intake/parts.h"
#include "sev-backend/legacy/launch_owner.h"

#include <algorithm>
#include <array>

namespace kastellan::sev::intake {
namespace {

using legacy::Algorithm;
using legacy::CaCertificate;
using legacy::Usage;

constexpr std::size_t certificateSize = legacy::Certificate::size;
constexpr std::size_t smallCa = 832, largeCa = 1600, smallCaUnsigned = 576, sevReportSize = 208;

std::uint32_t word(ByteView bytes, std::size_t offset)
{
    return loadLe<std::uint32_t>(bytes, offset);
}

bool isUsage(std::uint32_t usage)
{
    return usage == 0 || usage == 0x13 || (usage >= 0x1000 && usage <= 0x1004);
}

bool isAlgorithm(std::uint32_t algorithm)
{
    return algorithm <= 3 || (algorithm >= 0x101 && algorithm <= 0x103);
}

std::string roleOf(Usage usage)
{
    switch (usage) {
    case Usage::Ark:
        return "ark";
    case Usage::Ask:
        return "ask";
    case Usage::Oca:
        return "oca";
    case Usage::Pek:
        return "pek";
    case Usage::Pdh:
        return "pdh";
    case Usage::Cek:
        return "cek";
    case Usage::Invalid:
        break;
    }
    return {};
}

/// How many of its seven marks 2084 bytes carry: a certificate with one wrong byte is still meant to be one, and has to be refused.
int certificateMarks(ByteView bytes)
{
    const auto key = word(bytes, 0x0c);
    const bool marks[] = {word(bytes, 0) == 1, isUsage(word(bytes, 8)), isAlgorithm(key) && key != 0,
        isUsage(word(bytes, 0x414)) && isAlgorithm(word(bytes, 0x418)), isUsage(word(bytes, 0x61c)) && isAlgorithm(word(bytes, 0x620)),
        loadLe<std::uint16_t>(bytes, 6) == 0, allZero(bytes.subspan(0xa4, 0x414 - 0xa4))};
    return static_cast<int>(std::ranges::count(marks, true));
}

int authorityMarks(ByteView bytes, std::size_t modulus)
{
    const bool marks[] = {word(bytes, 0) == 1, word(bytes, 0x24) == 0 || word(bytes, 0x24) == 0x13, allZero(bytes.subspan(0x28, 16)),
        word(bytes, 0x38) == modulus * 8, word(bytes, 0x3c) == modulus * 8, word(bytes, 0x40) == 65537};
    return static_cast<int>(std::ranges::count(marks, true));
}

std::string words(const SevPart &part)
{
    if (part.certificate) {
        const auto &certificate = *part.certificate;
        const bool unsignedOne = certificate.slot(0).usage == Usage::Invalid && certificate.slot(1).usage == Usage::Invalid;
        return "SEV certificate: " + legacy::nameOf(certificate.usage())
            + (!unsignedOne             ? ""
                    : part.role.empty() ? " without signatures: the guest owner's (GODH), no evidence"
                                        : " without signatures, as in a signing request");
    }
    if (part.authority) {
        const auto product = legacy::productOfArk(*part.authority);
        return "SEV certificate authority: " + legacy::nameOf(part.authority->usage()) + (product ? " of " + std::string(*product) : "");
    }
    return {};
}

/// One certificate at the beginning of the part; how many bytes it takes, 0 if there is none.
std::size_t lookOne(Looker &looker, const Part &part, bool sure)
{
    const ByteView bytes = part.bytes;
    const auto take = [&](SevPart sev, std::size_t size, std::string form, std::string what) {
        looker.found(part, size, std::move(form), std::move(what));
        if (!sev.role.empty())
            looker.sevCertificate(part, std::move(sev));
        return size;
    };
    if (bytes.size() >= certificateSize) {
        const ByteView block = bytes.first(certificateSize);
        const auto certificate = legacy::Certificate::parse(block, "certificate");
        if (certificate && !roleOf(certificate->usage()).empty()) {
            const bool owner = certificate->usage() == Usage::Pdh && certificate->slot(0).usage == Usage::Invalid
                && certificate->slot(1).usage == Usage::Invalid;
            const SevPart sev{owner ? "" : roleOf(certificate->usage()), toBytes(block), *certificate, {}, {}, 0};
            const std::string what = words(sev);
            return take(sev, certificateSize, owner ? "sev-godh" : "sev-" + sev.role, what);
        }
    }
    if (const auto authority = CaCertificate::parse(bytes, "certificate")) {
        const SevPart sev{roleOf(authority->usage()), toBytes(authority->bytes()), {}, *authority, {}, 0};
        const std::string what = words(sev);
        return take(sev, authority->size(), "sev-" + sev.role, what);
    }
    // Damaged ones: named by what is left of them, and passed on so that they are refused.
    if (bytes.size() >= certificateSize && (certificateMarks(bytes) >= 6 || (sure && certificateMarks(bytes) >= 5))) {
        const auto parsed = legacy::Certificate::parse(bytes.first(certificateSize), "certificate");
        const std::string why = parsed ? "its key is for nothing" : parsed.error().why;
        std::string role = roleOf(Usage(word(bytes, 8)));
        if (role.empty()) {
            const auto signer = word(bytes, 0x414);
            role = signer == 0x1002 ? "pdh" : signer == 0x13 ? "cek" : word(bytes, 0x61c) == 0x1000 ? "oca" : "pek";
        }
        return take({role, toBytes(bytes.first(certificateSize)), {}, {}, {}, 0}, certificateSize, "sev-damaged",
            "SEV certificate that can't be read: " + why);
    }
    for (const std::size_t size : {smallCa, largeCa}) {
        if (bytes.size() < size || authorityMarks(bytes, (size - 0x40) / 3) < 5)
            continue;
        const std::string why = CaCertificate::parse(bytes, "certificate").error().why; // it was tried above
        const bool root = std::ranges::equal(bytes.subspan(4, 16), bytes.subspan(0x14, 16));
        return take({root ? "ark" : "ask", toBytes(bytes.first(size)), {}, {}, {}, 0}, size, "sev-damaged",
            "SEV certificate authority that can't be read: " + why);
    }
    if (bytes.size() == smallCaUnsigned && authorityMarks(bytes, 256) >= 5) {
        const auto error = CaCertificate::parse(bytes, "certificate").error();
        return take({"ark", toBytes(bytes), {}, {}, {}, 0}, bytes.size(), "sev-damaged",
            "SEV certificate authority that can't be read: " + error.why);
    }
    return 0;
}

std::string whyNone(ByteView bytes)
{
    if (bytes.size() >= 0x10 && bytes.size() < certificateSize && word(bytes, 0) == 1 && isUsage(word(bytes, 8)) && word(bytes, 8) >= 0x1000
        && isAlgorithm(word(bytes, 0xc)))
        return "it begins as a SEV certificate and ends after " + std::to_string(bytes.size()) + " of 2084 bytes";
    if (bytes.size() >= 0x28 && word(bytes, 0) == 1 && (word(bytes, 0x24) == 0x13 || word(bytes, 0x24) == 0))
        if (const auto authority = CaCertificate::parse(bytes, "certificate"); !authority)
            return "it begins as a SEV certificate authority: " + authority.error().why;
    return {};
}

/// What a concatenation is called.
std::string_view chainForm(std::size_t size)
{
    switch (size) {
    case 3 * certificateSize:
        return "PEK, OCA and CEK, as PDH_CERT_EXPORT gives them";
    case 4 * certificateSize:
        return "PDH, PEK, OCA and CEK, a short export of sevctl";
    case 4 * certificateSize + 2 * smallCa:
    case 4 * certificateSize + 2 * largeCa:
        return "PDH, PEK, OCA, CEK, ASK and ARK, a full export of sevctl";
    case 2 * smallCa:
    case 2 * largeCa:
        return "ASK and ARK, as AMD publishes them";
    default:
        return "SEV certificates, one after another";
    }
}

} // namespace

bool lookSevChain(Looker &looker, const Part &part)
{
    std::size_t at = 0, count = 0;
    while (at < part.bytes.size() && looker.spend(part, 1, 0)) {
        const std::size_t taken = lookOne(looker, part.at(at, part.bytes.size() - at), count > 0);
        if (!taken)
            break;
        at += taken;
        ++count;
    }
    if (count == 0) {
        if (auto why = whyNone(part.bytes); !why.empty())
            looker.reason(std::move(why));
        return false;
    }
    if (count > 1 && at == part.bytes.size())
        looker.found(part, at, "sev-chain", std::string(chainForm(at)));
    if (const Part rest = part.at(at, part.bytes.size() - at); !allZero(rest.bytes)) {
        const auto why = whyNone(rest.bytes);
        looker.unknown(rest, why.empty() ? std::to_string(rest.bytes.size()) + " bytes behind the certificates are of no known form" : why);
    }
    return true;
}

bool lookSevReport(Looker &looker, const Part &part)
{
    if (legacy::LaunchRecord::parse(part.bytes)) {
        looker.launchRecord(part);
        return true;
    }
    if (part.bytes.size() != sevReportSize)
        return false;
    const ByteView bytes = part.bytes;
    const bool marks[] = {word(bytes, 0x34) == 0x1002, word(bytes, 0x38) == 2 || word(bytes, 0x38) == 0x102, word(bytes, 0x3c) == 0,
        allZero(bytes.subspan(0x40 + 48, 24)), allZero(bytes.subspan(0x40 + 72 + 48, 24)), (word(bytes, 0x30) & 0xffc0) == 0};
    if (std::ranges::count(marks, true) < 5) {
        looker.reason("it has the size of a SEV attestation report (208 bytes), and not its marks");
        return false;
    }
    looker.sevReport(part);
    return true;
}

bool lookSize(Looker &looker, const Part &part)
{
    constexpr std::size_t measureSize = 48;
    if (part.bytes.size() != measureSize || allZero(part.bytes))
        return false;
    // A value among others is one only under a name that says so.
    static constexpr std::array keys{
        "data", "measure", "measurement", "sev-measurement", "launch-measure", "launch_measure", "loader-measure"};
    if (!part.key.empty() && std::ranges::find(keys, part.key) == keys.end())
        return false;
    looker.measure(part);
    return true;
}

} // namespace kastellan::sev::intake
