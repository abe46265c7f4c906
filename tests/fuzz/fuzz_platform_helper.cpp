// SPDX-License-Identifier: Apache-2.0
// Any bytes as a request to the privileged helper, and as its answer: a request that is taken is one of a known command, fits it, and holds
// no address; what is written again reads the same.
#include "sev-backend/firmware/helper_protocol.h"

#include <cstdlib>

using namespace kastellan;
using namespace kastellan::sev;

namespace {

void need(bool condition)
{
    if (!condition)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view text = asText({data, size});
    if (const auto call = decodeRequest(text)) {
        need(!call->misfit());
        for (const auto &pointer : layoutOf(call->command).pointers())
            need(loadLe<std::uint64_t>(call->structure, pointer.address) == 0);
        const auto again = decodeRequest(encodeRequest(*call));
        need(again && again->structure == call->structure && again->buffers == call->buffers);
    }
    for (const SevCommand command : {SevCommand::PekCsr, SevCommand::PlatformStatus, SevCommand::PekGen}) {
        SevCall call = SevCall::of(command, std::vector<Bytes>(command == SevCommand::PekCsr ? 1 : 0, Bytes(8)));
        if (decodeAnswer(text, call))
            need(!call.misfit());
    }
    return 0;
}
