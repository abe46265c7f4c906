// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/emulator/authority.h"

#include "sev-backend/emulator/certificate_maker.h"

#include <openssl/crypto.h>

namespace kastellan::sev {
namespace {

constexpr std::int64_t day = 86400;
constexpr std::int64_t rootLife = std::int64_t{25} * 365 * day; // as AMD's

/// DER INTEGER of 0 to 255.
Bytes level(unsigned value)
{
    if (value < 0x80)
        return {0x02, 0x01, static_cast<std::uint8_t>(value)};
    return {0x02, 0x02, 0x00, static_cast<std::uint8_t>(value)};
}

Bytes ia5(std::string_view text)
{
    Bytes bytes{0x16, static_cast<std::uint8_t>(text.size())};
    bytes.insert(bytes.end(), text.begin(), text.end());
    return bytes;
}

std::uint64_t serialBase(Product product)
{
    return product == Product::Milan ? 0x10000 : product == Product::Genoa ? 0x20000 : 0x30000;
}

} // namespace

Authority::~Authority()
{
    OPENSSL_cleanse(m_arkKey.data(), m_arkKey.size());
    OPENSSL_cleanse(m_askKey.data(), m_askKey.size());
}

Result<Authority> Authority::make(
    const Profile &profile, std::int64_t now, unsigned rsaBits, const EmulatorProgress &progress, const std::stop_token &stop)
{
    KASTELLAN_ASSIGN(const auto keys, makeRsaKeys(rsaBits, progress, stop));
    const std::string product(profile.title);
    CertificateRequest root;
    root.commonName = "ARK-" + product;
    root.serial = serialBase(profile.product);
    root.notBefore = now - day; // clocks differ
    root.notAfter = now + rootLife;
    root.key = root.issuerKey = keys[0].get();
    root.authority = true;
    KASTELLAN_ASSIGN(Certificate ark, makeCertificate(root));
    CertificateRequest intermediate = root;
    intermediate.commonName = "SEV-" + product;
    intermediate.serial = serialBase(profile.product) + 1;
    intermediate.key = keys[1].get();
    intermediate.issuer = &ark;
    intermediate.lastAuthority = true;
    KASTELLAN_ASSIGN(Certificate ask, makeCertificate(intermediate));
    return Authority(privateKeyDer(keys[0].get()), privateKeyDer(keys[1].get()), std::move(ark), std::move(ask));
}

Result<Authority> Authority::from(Bytes arkKey, Bytes askKey, ByteView ark, ByteView ask)
{
    KASTELLAN_ASSIGN(Certificate arkCertificate, Certificate::fromDer(ark));
    KASTELLAN_ASSIGN(Certificate askCertificate, Certificate::fromDer(ask));
    return Authority(std::move(arkKey), std::move(askKey), std::move(arkCertificate), std::move(askCertificate));
}

Result<Certificate> Authority::issue(const Leaf &leaf, EVP_PKEY *key) const
{
    KASTELLAN_ASSIGN(const auto issuerKey, privateKeyFromDer(m_askKey));
    CertificateRequest request;
    request.commonName = leaf.commonName;
    request.serial = leaf.serial;
    request.notBefore = leaf.notBefore;
    request.notAfter = leaf.notAfter;
    request.key = key;
    request.issuer = &m_ask;
    request.issuerKey = issuerKey.get();
    const std::string arc = "1.3.6.1.4.1.3704.1.";
    const auto add = [&](std::string_view suffix, Bytes value) {
        request.extensions.push_back({arc + std::string(suffix), std::move(value)});
    };
    const auto addPart = [&](std::string_view suffix, TcbPart part) {
        if (const auto value = leaf.tcb.part(part))
            add(suffix, level(*value));
    };
    add("1", level(leaf.structVersion));
    add("2", ia5(leaf.productName));
    addPart("3.1", TcbPart::Bootloader);
    addPart("3.2", TcbPart::Tee);
    if (leaf.tcb.layout() == TcbLayout::Milan) // Turin's certificates have no .3.4
        add("3.4", level(0));
    for (const auto *reserved : {"3.5", "3.6", "3.7"})
        add(reserved, level(0));
    addPart("3.3", TcbPart::Snp);
    addPart("3.8", TcbPart::Microcode);
    addPart("3.9", TcbPart::Fmc);
    if (!leaf.hardwareId.empty()) {
        Bytes value = leaf.hardwareId;
        if (leaf.wrapHardwareId)
            value.insert(value.begin(), {0x04, static_cast<std::uint8_t>(leaf.hardwareId.size())});
        add("4", std::move(value));
    }
    if (!leaf.cspId.empty())
        add("5", ia5(leaf.cspId));
    return makeCertificate(request);
}

Result<Bytes> Authority::revocationList(const std::vector<std::uint64_t> &serials, std::int64_t thisUpdate, std::int64_t nextUpdate) const
{
    KASTELLAN_ASSIGN(const auto key, privateKeyFromDer(m_arkKey));
    return makeRevocationList(m_ark, key.get(), serials, thisUpdate, nextUpdate);
}

} // namespace kastellan::sev
