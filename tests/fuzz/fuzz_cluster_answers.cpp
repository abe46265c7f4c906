// SPDX-License-Identifier: Apache-2.0
// Any bytes as what a cluster says: objects, events, lists, schemas, errors, credentials. No control character gets into a message.
#include "sev-backend/kubevirt/discovery.h"
#include "sev-backend/kubevirt/vmi_state.h"

#include <cstdlib>

using namespace kastellan;
using namespace kastellan::sev::kubevirt;

namespace {

void visible(const std::string &text)
{
    for (const char c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string_view text(reinterpret_cast<const char *>(data) + 1, size - 1);
    switch (data[0] % 6) {
    case 0:
        if (const auto state = parseVmi(text)) {
            visible(state->sentence());
            visible(state->resourceVersion + state->uid + state->name);
        }
        break;
    case 1:
        if (const auto event = parseWatchEvent(text))
            visible(event->message + event->state.sentence());
        break;
    case 2:
        static_cast<void>(parseVmiList(text, "keep-1"));
        break;
    case 3:
        if (const auto schema = parseSchema(text); schema && !schema->read)
            std::abort();
        break;
    case 4: {
        Access access;
        access.user.token = "the-token";
        Call call;
        call.verb = "create";
        call.resource = "virtualmachineinstances";
        for (const long status : {400L, 401L, 403L, 404L, 409L, 410L, 422L, 500L}) {
            const ApiError error = explain(call, access, status, text);
            visible(error.error.why + error.error.remedy);
            if (error.status != status)
                std::abort();
        }
        break;
    }
    default: {
        ExecPlugin plugin;
        plugin.apiVersion = "client.authentication.k8s.io/v1";
        if (const auto proof = parseCredential(text, plugin))
            visible(proof->token);
        static_cast<void>(parseSubresources(text));
        break;
    }
    }
    return 0;
}
