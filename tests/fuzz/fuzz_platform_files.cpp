// SPDX-License-Identifier: Apache-2.0
// Any bytes as the files that platforms are managed with (requests, owners' certificates and keys, hashsticks), as libvirt's domain
// capabilities, and as /proc/cpuinfo. The first byte chooses.
#include "sev-backend/firmware/hashstick.h"
#include "sev-backend/firmware/libvirt_platform.h"
#include "sev-backend/firmware/oca.h"
#include "sev-backend/firmware/platform_model.h"
#include "sev-backend/firmware/platform_view.h"

#include <algorithm>
#include <cstdlib>

using namespace kastellan;
using namespace kastellan::sev;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const ByteView rest(data + 1, size - 1);
    switch (data[0] % 6) {
    case 0:
        if (const auto oca = readOca(rest, "file"); oca && !legacy::signedBy(*oca, *oca))
            std::abort();
        break;
    case 1:
        if (const auto csr = readCsr(rest, "file"); csr && csr->usage() != legacy::Usage::Pek)
            std::abort();
        break;
    case 2:
        if (const auto key = OcaKey::read(rest, "file"))
            static_cast<void>(key->certificate()); // what was read can sign
        break;
    case 3:
        if (const auto stick = readHashstick(rest, "file"); stick && !VlekHashstick::decode(stick->encode()))
            std::abort();
        break;
    case 4:
        if (const auto capabilities = readCapabilities(asText(rest)); capabilities && capabilities->cpuModel.size() > 100)
            std::abort();
        break;
    default: {
        static_cast<void>(modelFromCpuinfo(asText(rest)));
        // What a firmware exports is shown whatever it is.
        ExportedChain exported{toBytes(rest.first(std::min<std::size_t>(rest.size(), 2084))), {}};
        exported.chain = toBytes(rest.subspan(exported.pdh.size()));
        if (const auto chain = ownershipChain(exported, {}))
            static_cast<void>(ownershipViews(*chain, true));
    }
    }
    return 0;
}
