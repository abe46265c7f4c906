// SPDX-License-Identifier: Apache-2.0
// Any bytes as a firmware image: read, measured in every way, and as an SVSM of itself.
#include "sev-backend/measurement/vm_measurement.h"

#include <cstdlib>

using namespace kastellan;
using namespace kastellan::sev;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size > 64 * 1024)
        return 0;
    const auto ovmf = Ovmf::parse({data, size}, "ovmf");
    if (!ovmf)
        return ovmf.error().where.starts_with("ovmf") ? 0 : (std::abort(), 0);
    std::uint64_t pages = 0;
    for (const MetadataSection &section : ovmf->sections())
        pages += section.size / pageSize;
    if (pages > 4096)
        return 0; // measured all the same, but slowly
    VmParameters parameters;
    parameters.vcpus = 2;
    for (const bool boot : {false, true}) {
        if (boot)
            parameters.boot = BootHashes{};
        for (const Vmm vmm : {Vmm::Qemu, Vmm::Ec2, Vmm::Gce, Vmm::Krun}) {
            parameters.vmm = vmm;
            static_cast<void>(measureSnp(*ovmf, parameters));
        }
        static_cast<void>(measureSev(*ovmf, parameters, true));
    }
    parameters.boot.reset();
    parameters.vmm = Vmm::Qemu;
    static_cast<void>(measureSvsm(*ovmf, *ovmf, 0x1000, parameters));
    return 0;
}
