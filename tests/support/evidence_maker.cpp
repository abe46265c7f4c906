// SPDX-License-Identifier: Apache-2.0
#include "tests/support/evidence_maker.h"

#include "sev-backend/emulator/certificate_maker.h"

#include <algorithm>

namespace kastellan::test {

using namespace sev;

namespace {

/// The same authority with an ASVK in place of its ASK: another certificate of the same key.
Authority vlekAuthority(const Authority &authority, Product product)
{
    const auto arkKey = *privateKeyFromDer(authority.arkKey()), asvkKey = *privateKeyFromDer(authority.askKey());
    CertificateRequest request;
    request.commonName = "SEV-VLEK-" + std::string(name(product));
    request.serial = std::stoull(authority.ark().serial(), nullptr, 16) + 0x101; // as AMD numbers them
    request.notBefore = authority.ask().notBefore();
    request.notAfter = authority.ask().notAfter();
    request.key = asvkKey.get();
    request.issuer = &authority.ark();
    request.issuerKey = arkKey.get();
    request.authority = request.lastAuthority = true;
    const Certificate asvk = *makeCertificate(request);
    return *Authority::from(authority.arkKey(), authority.askKey(), authority.ark().der(), asvk.der());
}

} // namespace

EvidenceMaker::EvidenceMaker(const EvidenceShape &shape)
    : m_shape(shape)
    , m_processor(emulatedProcessor({shape.profile, shape.version, shape.masked}))
{
    const auto guest = *m_processor->launchStart(GuestPolicy());
    static_cast<void>(m_processor->launchFinish(guest, {}));
    evidence.report = ReportResponse::decode(m_processor->guestRequest(guest, ReportRequest().encode()))->report;
    evidence.endorsements = m_processor->endorsements();
    expected.root = m_processor->rootFingerprint();
    expected.launchDigest = report().measurement();
    if (shape.vlek) {
        m_vlekAuthority = vlekAuthority(identity().authority(), profile().product);
        evidence.endorsements[1] = {"ask", m_vlekAuthority->ask().der()};
        certify(leaf());
        write<std::uint32_t>(report_offset::flags, 1u << 2); // signed by the VLEK
    }
}

Authority::Leaf EvidenceMaker::leaf() const
{
    Authority::Leaf leaf;
    leaf.productName = profile().productName;
    leaf.structVersion = profile().structVersion;
    leaf.tcb = profile().tcb();
    leaf.notBefore = std::time(nullptr) - day;
    leaf.notAfter = std::time(nullptr) + day;
    if (m_shape.vlek) {
        leaf.commonName = "SEV-VLEK";
        leaf.cspId = "Example Cloud";
    } else {
        leaf.hardwareId = toBytes(identity().chipId().view().first(chipIdSize(profile().product)));
    }
    return leaf;
}

void EvidenceMaker::certify(const Authority::Leaf &leaf)
{
    certify(leaf, identity().vcekKey());
}

void EvidenceMaker::certify(const Authority::Leaf &leaf, const P384PrivateKey &key)
{
    evidence.endorsements[0] = {leaf.commonName == "SEV-VLEK" ? "vlek" : "vcek", authority().issue(leaf, key.handle())->der()};
}

void EvidenceMaker::writeBytes(std::size_t offset, ByteView bytes)
{
    std::ranges::copy(bytes, evidence.report.begin() + static_cast<std::ptrdiff_t>(offset));
    sign();
}

void EvidenceMaker::addList(const std::vector<std::uint64_t> &serials, std::int64_t from, std::int64_t until)
{
    const std::int64_t now = std::time(nullptr);
    evidence.endorsements.push_back({"crl", *authority().revocationList(serials, now + from, now + until)});
}

void EvidenceMaker::addListOf(const EvidenceMaker &other)
{
    const std::int64_t now = std::time(nullptr);
    evidence.endorsements.push_back({"crl", *other.authority().revocationList({}, now - day, now + day)});
}

std::uint64_t EvidenceMaker::askSerial() const
{
    return std::stoull(authority().ask().serial(), nullptr, 16);
}

} // namespace kastellan::test
