// SPDX-License-Identifier: Apache-2.0
#include "core/session/frames.h"

#include <cstdlib>

using namespace kastellan;
using namespace kastellan::session;

// Every frame is within its bounds, and whatever came before, a good frame behind it is found.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const ByteView bytes(data, size);
    FrameReader whole, part;
    whole.feed(bytes);
    while (const auto frame = whole.next())
        if (frame->payload.empty() || frame->payload.size() > framePayload)
            std::abort();
    Bytes good;
    ConnectionId id;
    id.bytes.fill(0xa5);
    appendFrames(good, id, asBytes("payload"));
    for (const std::uint8_t byte : bytes)
        part.feed(ByteView(&byte, 1));
    part.feed(good);
    bool found = false;
    while (const auto frame = part.next())
        found = frame->connection == id && asText(frame->payload) == "payload";
    if (!found)
        std::abort();
    return 0;
}
