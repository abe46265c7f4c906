// SPDX-License-Identifier: Apache-2.0
// Any bytes as a file of evidence: what they are is found out without a crash, everything unknown has a reason, every offset lies
// within the file, and what is found is neither trusted nor authentic.
#include "core/evidence/evidence.h"
#include "sev-backend/appraisal/backend.h"

#include <cstdlib>

using namespace kastellan;
using namespace kastellan::sev;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    static const auto backend = makeEvidenceBackend();
    const InputFile files[] = {{"file", Bytes(data, data + size)}};
    const auto recognised = backend->recognise(files);
    if (recognised.found.empty() && recognised.unknown.empty())
        std::abort();
    for (const auto &part : recognised.unknown)
        if (part.why.empty() || (part.file == "file" && part.offset > size))
            std::abort();
    for (const auto &part : recognised.found)
        if (part.form.empty() || part.what.empty() || (part.file == "file" && (part.offset > size || part.length > size - part.offset)))
            std::abort();
    for (const auto &found : recognised.evidence) {
        Appraisal appraisal;
        appraisal.findings = backend->appraise(found.evidence, {}, 1785542400);
        decide(appraisal);
        if (appraisal.verdict == Verdict::Trusted || appraisal.verdict == Verdict::Authentic)
            std::abort(); // the corpus is emulated, and amd is expected
        if (!backend->describe(found.evidence))
            std::abort();
    }
    return 0;
}
