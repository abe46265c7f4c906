// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/libvirt/domain_xml.h"

namespace kastellan::fuzz {

/// The plan that edited domains are held to.
inline sev::libvirt::DomainSpec plannedDomain()
{
    sev::libvirt::DomainSpec spec;
    spec.memoryMiB = 448;
    spec.cpuModel = "EPYC-v4";
    spec.firmware = "/images/firmware.fd";
    spec.kernel = "/images/kernel";
    spec.initrd = "/images/initrd";
    spec.commandLine = "console=ttyS0";
    spec.technology = "snp";
    spec.policy = 0x30000;
    spec.cbitPosition = 51;
    spec.reducedPhysBits = 1;
    return spec;
}

} // namespace kastellan::fuzz
