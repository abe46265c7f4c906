// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "sev-backend/abi/report.h"
#include "sev-backend/certificates/chain.h"
#include "sev-backend/intake/parts.h"

#include <algorithm>

namespace kastellan::sev::intake {
namespace {

/// What a person should know of bytes that nothing knows.
std::string shape(ByteView bytes)
{
    const std::string size = std::to_string(bytes.size()) + (bytes.size() == 1 ? " byte" : " bytes");
    return size + " of no form that is known here, beginning with " + toHex(bytes.first(std::min<std::size_t>(bytes.size(), 8)));
}

std::string roleOf(const Certificate &certificate)
{
    if (certificate.isP384())
        return isVlek(certificate) ? "vlek" : "vcek";
    if (certificate.rsaModulus().empty() || !certificate.constraints().ca)
        return {};
    if (certificate.namesIssuer(certificate))
        return "ark";
    return certificate.commonName().contains("VLEK") ? "asvk" : "ask";
}

} // namespace

bool Looker::look(const Part &part)
{
    if (part.bytes.empty()) {
        reason("it is empty");
        return false;
    }
    if (part.depth > m_limits.depth) {
        reason("it is packed more than " + std::to_string(m_limits.depth) + " times into each other");
        return false;
    }
    for (const auto reader :
        {lookArchive, lookSevChain, lookSnp, lookSevReport, lookTable, lookDer, lookText, lookProto, lookSize, lookScan})
        if (reader(*this, part))
            return true;
    return false;
}

void Looker::file(const InputFile &input)
{
    m_reason.clear();
    const Part part{input.bytes, input.name, 0, 0, {}};
    if (spend(part, 1, 0) && !look(part))
        unknown(part, m_reason.empty() ? shape(part.bytes) : m_reason);
}

void Looker::found(const Part &part, std::size_t length, std::string form, std::string what)
{
    if (m_parts.found.size() < m_limits.found)
        m_parts.found.push_back({part.file, part.offset, length, std::move(form), std::move(what)});
}

void Looker::unknown(const Part &part, std::string why)
{
    if (m_parts.unknown.size() < m_limits.found)
        m_parts.unknown.push_back({part.file, part.offset, std::move(why)});
}

void Looker::reason(std::string why)
{
    // The first reader that knew the beginning knows best.
    if (m_reason.empty())
        m_reason = std::move(why);
}

bool Looker::isNew(ByteView bytes)
{
    return m_seen.insert(sha256(bytes)).second;
}

void Looker::snpReport(const Part &part, ByteView bytes, const std::string &form, const std::string &what)
{
    found(part, std::min(bytes.size(), part.bytes.size()), form, what); // a message can be shorter than what it stands for
    if (isNew(bytes))
        m_parts.snpReports.push_back({toBytes(bytes), part.file, part.offset});
}

void Looker::sevReport(const Part &part)
{
    found(part, part.bytes.size(), "sev-report", "SEV attestation report (before SNP)");
    if (isNew(part.bytes))
        m_parts.sevReports.push_back({toBytes(part.bytes), part.file, part.offset});
}

void Looker::measure(const Part &part)
{
    found(part, part.bytes.size(), "sev-launch-measure",
        "48 bytes: taken for a SEV launch measurement, HMAC and nonce; nothing in them says so");
    if (isNew(part.bytes))
        m_parts.measures.push_back({toBytes(part.bytes), part.file, part.offset});
}

void Looker::launchRecord(const Part &part)
{
    found(part, part.bytes.size(), "sev-launch-record", "SEV launch measurement with the owner's part: it can be computed again");
    if (isNew(part.bytes))
        m_parts.measures.push_back({toBytes(part.bytes), part.file, part.offset});
}

bool Looker::x509(const Part &part, Certificate certificate)
{
    X509Part entry{std::move(certificate), {}, {}, {}};
    entry.role = roleOf(entry.certificate);
    if (entry.role.empty()) {
        found(part, part.bytes.size(), "x509-other", "a certificate that is no part of an SNP chain: " + entry.certificate.subject());
        return true;
    }
    if (entry.role == "vcek" || entry.role == "vlek") {
        if (auto extensions = readVekExtensions(entry.certificate))
            entry.extensions = std::move(*extensions);
        if (auto key = P384Key::of(entry.certificate))
            entry.key = std::move(*key);
    }
    found(part, part.bytes.size(), "x509-" + entry.role, "certificate: " + entry.certificate.subject());
    if (isNew(entry.certificate.der()))
        m_parts.certificates.push_back(std::move(entry));
    return true;
}

bool Looker::crl(const Part &part)
{
    auto list = RevocationList::fromDer(part.bytes);
    if (!list)
        return false;
    found(part, part.bytes.size(), "x509-crl", "revocation list of " + timeText(list->thisUpdate()));
    if (isNew(part.bytes))
        m_parts.lists.push_back({std::move(*list), toBytes(part.bytes)});
    return true;
}

void Looker::sevCertificate(const Part &part, SevPart sev)
{
    if (!isNew(sev.bytes))
        return;
    sev.file = part.file;
    sev.offset = part.offset;
    m_parts.sev.push_back(std::move(sev));
}

bool Looker::spend(const Part &part, std::size_t parts, std::size_t bytes)
{
    m_spentParts += parts;
    m_spentBytes += bytes;
    if (m_spentParts <= m_limits.parts && m_spentBytes <= m_limits.derived)
        return true;
    const std::string why = m_spentParts > m_limits.parts
        ? "the files hold more than " + std::to_string(m_limits.parts) + " parts; what is here and after it was not read"
        : "the files unpack to more than " + std::to_string(m_limits.derived >> 20) + " MiB; what is here and after it was not read";
    reason(why);
    if (!m_saidSpent)
        unknown(part, why);
    m_saidSpent = true;
    return false;
}

} // namespace kastellan::sev::intake
