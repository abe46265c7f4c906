// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/firmware/known_certificates.h"

#include "core/certificates/certificate_store.h"
#include "sev-backend/legacy/certificate.h"
#include "sev-backend/store/chains.h"
#include "sev-backend/store/read.h"

#include <algorithm>

namespace kastellan::sev {
namespace {

std::vector<StoredCertificate> all(const std::filesystem::path &path)
{
    auto store = CertificateStore::openExisting(path);
    if (!store || !*store)
        return {};
    return (*store)->list().value_or(std::vector<StoredCertificate>{});
}

/// Whether both are the certificate of one key: all but the signatures.
bool sameBody(ByteView a, ByteView b)
{
    constexpr std::size_t size = legacy::Certificate::size, body = legacy::Certificate::signedSize;
    return a.size() == size && b.size() == size && std::ranges::equal(a.first(body), b.first(body));
}

} // namespace

CertificateSources storedCertificates(const PlatformModel &model, std::filesystem::path path)
{
    CertificateSources sources;
    sources.reports = [product = model.product, path](ByteView chip, const TcbVersion &reported) {
        const auto certificates = all(path);
        const std::string chipName = chipText(chip, product), tcb = reported.text();
        std::vector<Endorsement> endorsements;
        for (const auto &certificate : certificates)
            if (certificate.role == "vcek" && !chipName.empty() && certificate.chip == chipName && certificate.tcb == tcb) {
                for (const auto &one : chainOf(certificate, certificates))
                    if (one.role != "crl")
                        endorsements.push_back({one.role, one.bytes});
                break;
            }
        return endorsements;
    };
    sources.ownership = [generation = model.generation, path](ByteView cek) {
        const auto certificates = all(path);
        std::vector<Endorsement> endorsements;
        for (const auto &certificate : certificates) {
            if (certificate.format != "sev")
                continue;
            const bool authority = (certificate.role == "ask" || certificate.role == "ark") && certificate.product == generation;
            if (authority || (certificate.role == "cek" && sameBody(certificate.bytes, cek)))
                endorsements.push_back({certificate.role, certificate.bytes});
        }
        return endorsements;
    };
    return sources;
}

} // namespace kastellan::sev
