// SPDX-License-Identifier: Apache-2.0
// Any bytes as a certificate or revocation list, in every role.
#include "core/evidence/evidence.h"
#include "sev-backend/appraisal/backend.h"
#include "sev-backend/certificates/certificate.h"

#include <cstdlib>

using namespace kastellan;
using namespace kastellan::sev;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    static const auto backend = makeEvidenceBackend();
    static constexpr const char *roles[] = {"vcek", "vlek", "ask", "ark", "crl"};
    const Bytes der(data, data + size);
    // The same certificate in every role, and in one alone.
    const char *role = roles[size % std::size(roles)];
    for (const auto &endorsements :
        {std::vector<Endorsement>{{role, der}}, std::vector<Endorsement>{{"vcek", der}, {"ask", der}, {"ark", der}, {"crl", der}}}) {
        const Evidence evidence{"snp-report", Bytes(1184, 1), endorsements};
        for (const auto &finding : backend->appraise(evidence, {}, 1800000000))
            if (finding.id == "report.signature" && finding.outcome == Outcome::Pass)
                std::abort();
        if (!backend->describe(evidence))
            std::abort();
    }
    static_cast<void>(Certificate::fromPem(asText(der)));
    return 0;
}
