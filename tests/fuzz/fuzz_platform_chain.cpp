// SPDX-License-Identifier: Apache-2.0
// Any bytes as a platform's legacy certificates: whatever is read is verified, and nothing that was made here is AMD's.
#include "sev-backend/legacy/platform_chain.h"

#include <cstdlib>

using namespace kastellan;
using namespace kastellan::sev::legacy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    PlatformChain chain;
    if (!chain.add({data, size}, "file"))
        return 0;
    const ChainVerdict verdict = verify(chain);
    if (verdict.good() != verdict.status("verify").has_value())
        std::abort();
    static_cast<void>(verifyFromPek(chain));
    return 0;
}
