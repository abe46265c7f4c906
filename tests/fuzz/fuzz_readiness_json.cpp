// SPDX-License-Identifier: Apache-2.0
// Any bytes as the readiness of a host from another machine: what can be read is written and read again as the same, and shown.
#include "core/hosts/readiness.h"
#include "core/reports/readiness_html.h"

#include <cstdlib>

using namespace kastellan;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto readiness = readinessFromJson(asText(ByteView(data, size)));
    if (!readiness)
        return 0;
    const std::string text = toJson(*readiness);
    const auto again = readinessFromJson(text);
    if (!again || toJson(*again) != text)
        std::abort();
    for (const auto &check : readiness->checks)
        (void)reports::depthOf(*readiness, check);
    for (const char c : readinessHtml(*readiness))
        if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t')
            std::abort();
    return 0;
}
