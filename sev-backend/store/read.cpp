// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/store/read.h"

#include "core/base/digest.h"
#include "core/base/file.h"
#include "sev-backend/certificates/chain.h"
#include "sev-backend/certificates/openssl_handles.h"
#include "sev-backend/certificates/root_keys.h"
#include "sev-backend/certificates/vek_extensions.h"
#include "sev-backend/intake/parts.h"
#include "sev-backend/legacy/certificate.h"

#include <algorithm>
#include <cctype>

namespace kastellan::sev {
namespace fs = std::filesystem;

namespace {

constexpr auto describing = "read a certificate of AMD SEV";
constexpr std::size_t mostFiles = 1000;
constexpr std::uint64_t largestFile = std::uint64_t{64} << 20;

/// By the names that AMD and the emulated authority give; empty for another certificate.
std::string roleOf(const Certificate &certificate)
{
    const std::string &name = certificate.commonName();
    if (name == "SEV-VCEK")
        return "vcek";
    if (name == "SEV-VLEK")
        return "vlek";
    if (name.starts_with("ARK-"))
        return "ark";
    if (name.starts_with("SEV-VLEK-"))
        return "asvk";
    return name.starts_with("SEV-") ? "ask" : "";
}

/// The common name of a list's issuer, for people and for its product; the signature says whose it is.
std::string issuerName(ByteView der)
{
    const unsigned char *at = der.data();
    const CrlPtr crl(d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())));
    char text[256] = {};
    if (!crl || X509_NAME_get_text_by_NID(X509_CRL_get_issuer(crl.get()), NID_commonName, text, sizeof text) < 0) {
        ERR_clear_error();
        return {};
    }
    return text;
}

std::string productWord(Product product)
{
    return product == Product::Unknown ? std::string() : std::string(name(product));
}

/// The product of AMD's legacy authorities, by the ids of their keys.
std::string legacyProduct(const legacy::CaCertificate &authority)
{
    for (const RootKey &key : rootKeys())
        if (!key.sevKeyId.empty() && key.sevKeyId == toHex(authority.keyId()))
            return std::string(key.product);
    return {};
}

} // namespace

std::string chipText(ByteView chip, Product product)
{
    if (std::ranges::all_of(chip, [](std::uint8_t byte) { return byte == 0; }))
        return {};
    return toHex(chip.first(std::min(chip.size(), product == Product::Unknown ? chip.size() : chipIdSize(product))));
}

Result<StoredCertificate> describeCertificate(const Certificate &certificate, std::string source)
{
    StoredCertificate stored;
    stored.role = roleOf(certificate);
    if (stored.role.empty())
        return badInput(describing, source, "'" + certificate.subject() + "' is not the name of an ARK, ASK, ASVK, VCEK or VLEK");
    stored.format = "x509";
    stored.digest = certificate.fingerprint();
    stored.bytes = certificate.der();
    stored.product = productWord(productFromText(certificate.commonName()));
    stored.subject = certificate.subject();
    stored.issuer = certificate.issuer();
    stored.notBefore = certificate.notBefore();
    stored.notAfter = certificate.notAfter();
    stored.emulated = certificate.organization() == emulatedOrganization;
    stored.source = std::move(source);
    if (stored.role == "vcek" || stored.role == "vlek") {
        KASTELLAN_ASSIGN(const VekExtensions extensions, readVekExtensions(certificate));
        stored.product = productWord(extensions.product);
        stored.tcb = extensions.tcb.text();
        if (extensions.hardwareId)
            stored.chip = chipText(*extensions.hardwareId, extensions.product);
    }
    return stored;
}

Result<StoredCertificate> describeCrl(ByteView der, std::string source)
{
    KASTELLAN_ASSIGN(const RevocationList list, RevocationList::fromDer(der));
    StoredCertificate stored;
    stored.format = stored.role = "crl";
    stored.digest = sha256(der);
    stored.bytes = toBytes(der);
    stored.issuer = issuerName(der);
    stored.subject = "revocation list of " + stored.issuer + ", " + std::to_string(list.count()) + " entries";
    stored.product = productWord(productFromText(stored.issuer));
    stored.notBefore = list.thisUpdate();
    stored.notAfter = list.nextUpdate();
    stored.source = std::move(source);
    return stored;
}

Result<StoredCertificate> describeSev(ByteView bytes, std::string source)
{
    StoredCertificate stored;
    stored.format = "sev";
    stored.digest = sha256(bytes);
    stored.bytes = toBytes(bytes);
    if (bytes.size() == legacy::Certificate::size) {
        KASTELLAN_ASSIGN(const auto certificate, legacy::Certificate::parse(bytes, source));
        stored.role = legacy::nameOf(certificate.usage());
        stored.subject = stored.role + ", SEV API " + std::to_string(certificate.apiMajor()) + "." + std::to_string(certificate.apiMinor());
        std::string signers;
        for (const int number : {0, 1})
            if (const auto slot = certificate.slot(number); slot.usage != legacy::Usage::Invalid)
                signers += (signers.empty() ? "" : ", ") + legacy::nameOf(slot.usage);
        stored.issuer = signers;
    } else {
        KASTELLAN_ASSIGN(const auto authority, legacy::CaCertificate::parse(bytes, source));
        stored.role = legacy::nameOf(authority.usage());
        stored.product = legacyProduct(authority);
        stored.subject = stored.role + (stored.product.empty() ? "" : "-" + stored.product) + ", key " + toHex(authority.keyId());
        stored.issuer = "ARK, key " + toHex(authority.certifyingId());
    }
    std::ranges::transform(stored.role, stored.role.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    stored.source = std::move(source);
    return stored;
}

ReadCertificates readCertificates(std::span<const InputFile> files)
{
    ReadCertificates read;
    const auto take = [&read](Result<StoredCertificate> stored, const std::string &file) {
        if (!stored)
            read.unknown.push_back({file, 0, stored.error().why});
        else if (!std::ranges::contains(read.certificates, stored->digest, &StoredCertificate::digest))
            read.certificates.push_back(std::move(*stored));
    };
    for (const InputFile &file : files) {
        intake::Looker looker;
        looker.file(file);
        intake::Parts parts = looker.take();
        for (const auto &part : parts.certificates)
            take(describeCertificate(part.certificate, file.name), file.name);
        for (const auto &part : parts.lists)
            take(describeCrl(part.der, file.name), file.name);
        for (const auto &part : parts.sev)
            take(describeSev(part.bytes, file.name), file.name);
        std::ranges::move(parts.unknown, std::back_inserter(read.unknown));
    }
    return read;
}

Result<std::vector<InputFile>> readInputs(std::span<const std::string> paths)
{
    std::vector<fs::path> files;
    for (const std::string &path : paths) {
        std::error_code problem;
        if (!fs::is_directory(path, problem)) {
            files.emplace_back(path);
            continue;
        }
        std::vector<fs::path> within;
        for (fs::directory_iterator at(path, problem), end; !problem && at != end; at.increment(problem))
            if (at->is_regular_file(problem)) {
                within.push_back(at->path());
                if (within.size() > mostFiles)
                    return badInput(
                        "read a folder of certificates", path, "it holds more than 1000 files", "Name the files that are meant.");
            }
        if (problem)
            return systemError("read a folder of certificates", path, problem.value());
        std::ranges::sort(within);
        files.insert(files.end(), within.begin(), within.end());
    }
    std::vector<InputFile> inputs;
    for (const fs::path &file : files) {
        KASTELLAN_ASSIGN(Bytes bytes, readFile(file, largestFile));
        inputs.push_back({file.string(), std::move(bytes)});
    }
    return inputs;
}

} // namespace kastellan::sev
