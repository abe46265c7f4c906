// SPDX-License-Identifier: Apache-2.0
#include "app/keep-warden/kernel_words.h"

#include <cstdlib>

using namespace kastellan;

// No words make an owner without both of the pair, and nobody is never the owner.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto words = warden::KernelWords::parse(asText(ByteView(data, size)));
    if (words && (words->unattested != words->owner.has_value() || (words->owner && words->owner->isZero())))
        std::abort();
    return 0;
}
