// SPDX-License-Identifier: Apache-2.0
// Any text as a plan of faults. What is read is written so that it is read the same again.
#include "sev-backend/emulator/faults.h"

#include "core/base/bytes.h"

#include <cstdlib>

using namespace kastellan;
using namespace kastellan::sev;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto plan = FaultPlan::parse(asText(ByteView(data, size)));
    if (!plan)
        return 0;
    const auto again = FaultPlan::parse(plan->text());
    if (plan->text().size() <= FaultPlan::textLimit && (!again || again->text() != plan->text()))
        std::abort();
    for (std::size_t i = 0; i < emulatedCommandCount; ++i)
        static_cast<void>(plan->next(static_cast<EmulatedCommand>(i)));
    return 0;
}
