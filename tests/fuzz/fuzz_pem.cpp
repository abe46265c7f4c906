// SPDX-License-Identifier: Apache-2.0
// Any bytes as a key in PEM.
#include "core/keys/keys.h"

using namespace kastellan;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto text = asText(ByteView(data, size));
    (void)keys::spkiDigest(text);
    (void)keys::verifySignature(text, asBytes("message"), Bytes(64, 1));
    return 0;
}
