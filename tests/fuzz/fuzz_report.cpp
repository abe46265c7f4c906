// SPDX-License-Identifier: Apache-2.0
// Any bytes as a report: reading, appraising and describing never fail otherwise than by a finding.
#include "core/evidence/evidence.h"
#include "sev-backend/abi/report.h"
#include "sev-backend/appraisal/backend.h"
#include "sev-backend/certificates/p384.h"

#include <cstdlib>

using namespace kastellan;
using namespace kastellan::sev;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    static const auto backend = makeEvidenceBackend();
    static const auto key = P384Key::fromFirmware(P384PrivateKey::derive(Bytes(64, 1)).publicFirmwareKey().bytes);
    const Evidence evidence{"snp-report", Bytes(data, data + size), {}};
    Appraisal appraisal;
    appraisal.findings = backend->appraise(evidence, {}, 0);
    decide(appraisal);
    if (appraisal.verdict == Verdict::Trusted || appraisal.verdict == Verdict::Authentic)
        std::abort(); // without a certificate nothing is proven
    const auto view = backend->describe(evidence);
    std::size_t covered = 0;
    for (const auto &field : view->fields)
        covered += field.length;
    if (covered != size)
        std::abort();
    if (const auto report = ReportView::from({data, size}))
        if (key->verifies(report->signedBytes(), report->signatureR(), report->signatureS()))
            std::abort();
    return 0;
}
