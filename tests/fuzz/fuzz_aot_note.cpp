// SPDX-License-Identifier: Apache-2.0
// Any bytes as the note of ahead-of-time code: what can be read has this form and no other.
#include "core/workload/aot_note.h"

#include <cstdlib>

using namespace kastellan;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto text = asText({data, size});
    if (const auto note = AotNote::parse(text); note && note->text() != text)
        std::abort();
    return 0;
}
