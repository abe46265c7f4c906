// SPDX-License-Identifier: Apache-2.0
// Any bytes as a kubeconfig: what can be read is resolved, and its sentences can be made; errors name the file.
#include "sev-backend/kubevirt/access.h"

#include <cstdlib>

using namespace kastellan;
using namespace kastellan::sev::kubevirt;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size > 65536) // longer inputs find nothing new, and take long
        return 0;
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    const auto config = parseKubeconfig(text, "/the/kubeconfig");
    if (!config) {
        if (!config.error().where.contains("/the/kubeconfig"))
            std::abort();
        return 0;
    }
    int tried = 0;
    for (const auto &[name, context] : config->contexts) {
        if (++tried > 20)
            break;
        for (const bool any : {false, true}) {
            const auto access = resolve(*config, {name, "", any});
            if (!access)
                continue;
            if (access->cluster.anyCertificate && !any)
                std::abort();
            for (const auto &note : access->notes())
                if (note.empty())
                    std::abort();
            if (const auto again = parseAddress(access->address.uri()); !again || again->context != name)
                if (!name.contains(' ') && name.size() < 300) // blanks have no place in an address
                    std::abort();
        }
    }
    return 0;
}
