// SPDX-License-Identifier: Apache-2.0
// Any bytes as the domain capabilities of a libvirt.
#include "core/base/bytes.h"
#include "sev-backend/readiness/look_libvirt.h"

using namespace kastellan;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    sev::HostFacts facts;
    sev::readDomainCapabilities(facts, asText(ByteView(data, size)), "input");
    return 0;
}
