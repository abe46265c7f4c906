// SPDX-License-Identifier: Apache-2.0
// Any text as libvirt's domain XML.
#include "sev-backend/machine/from_machine.h"

#include <cstdlib>

using namespace kastellan;
using namespace kastellan::sev;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto derived = fromLibvirt(asText({data, size}), "domain.xml");
    if (!derived)
        return derived.error().kind == ErrorKind::Input ? 0 : (std::abort(), 0);
    const auto &vcpus = derived->parameters.vcpus;
    if (vcpus && (*vcpus == 0 || *vcpus > mostVcpus))
        std::abort();
    return 0;
}
