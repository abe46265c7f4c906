// SPDX-License-Identifier: Apache-2.0
#include "core/session/messages.h"
#include "core/session/run_protocol.h"

#include <cstdlib>

using namespace kastellan;
using namespace kastellan::session;

// What decodes is encoded again to the same bytes (a Hello's unused digests and flags aside), and nothing is read past the end.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    MessageReader reader;
    reader.buffer().assign(data, data + size);
    for (auto next = reader.next(); next && *next; next = reader.next()) {
        if (const auto message = decodeOwnerMessage(**next)) {
            const Bytes again = encode(*message);
            if (again.size() != (*next)->size() + 4 || !std::equal(again.begin() + 4, again.end(), (*next)->begin()))
                std::abort();
        }
        if (const auto message = decodeWardenMessage(**next); message && encode(*message).size() != (*next)->size() + 4)
            std::abort();
    }
    Bytes control(data, data + size);
    for (auto message = takeRunMessage(control); message && *message; message = takeRunMessage(control)) {
        static_cast<void>(decodeRunRequest(**message));
        static_cast<void>(decodeRunEvent(**message));
    }
    return 0;
}
