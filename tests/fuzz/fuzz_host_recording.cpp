// SPDX-License-Identifier: Apache-2.0
// Any bytes as a recording of a host: what can be read is written and read again as the same, can be judged, and its reports can be made.
#include "core/reports/readiness_html.h"
#include "sev-backend/readiness/judge.h"
#include "sev-backend/readiness/recording.h"

#include <cstdlib>

using namespace kastellan;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto facts = sev::fromRecording(asText(ByteView(data, size)), "input");
    if (!facts)
        return 0;
    const std::string text = sev::toRecording(*facts);
    const auto again = sev::fromRecording(text, "input");
    if (!again || sev::toRecording(*again) != text)
        std::abort();
    const Readiness readiness = sev::judge(*facts);
    for (const auto &verdict : readiness.verdicts) {
        if (verdict.state != ReadinessVerdict::State::Ready)
            continue;
        for (const auto &check : readiness.checks)
            for (const auto &protection : check.blocks)
                if (protection == verdict.protection
                    && (check.state == CheckState::Fail || check.state == CheckState::Unknown || check.state == CheckState::Skipped))
                    std::abort();
    }
    for (const char c : readinessHtml(readiness))
        if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t')
            std::abort();
    return 0;
}
