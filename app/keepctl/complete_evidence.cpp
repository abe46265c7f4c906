// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/complete_evidence.h"

#include "app/keepctl/interrupts.h"
#include "app/keepctl/output.h"
#include "sev-backend/kds/missing.h"

namespace kastellan::keepctl {

void completeEvidence(const Invocation &asked, Recognised &recognised)
{
    const bool fetch = asked.has("fetch");
    auto finder = sev::EndorsementFinder::open(fetch, [](const std::string &text) { say(inLine(text)); });
    if (!finder)
        return say(finder.error().message());
    Interrupts interrupts;
    const StopOnInterrupt stopping(interrupts);
    for (FoundEvidence &found : recognised.evidence) {
        const sev::Completed completed = (*finder)->complete(found.evidence, stopping.token());
        for (const auto &one : completed.added)
            say(inLine(found.file) + ": " + inLine(one));
        if (fetch)
            for (const auto &one : completed.missing)
                say(inLine(found.file) + ": " + inLine(one));
    }
}

} // namespace kastellan::keepctl
