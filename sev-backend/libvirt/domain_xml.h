// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/machine.h"

#include <cstdint>
#include <string>

namespace kastellan::sev::libvirt {

/// A libvirt domain that is a keep, typed. What is empty is left out.
struct DomainSpec {
    KeepId keep; ///< becomes uuid and name
    std::string type = "kvm"; ///< or "qemu"
    std::string emulator; ///< empty: the host's own
    unsigned vcpus = 1;
    std::uint64_t memoryMiB = 0;
    std::string cpuModel;
    std::string firmware, kernel, initrd, commandLine; ///< paths as the host sees them
    std::string disk, diskFormat; ///< "raw" or "qcow2"
    bool memfd = true; ///< memory in a shared memfd
    std::string network = "none"; ///< as in MachineRequest
    std::vector<ForwardedPort> ports;

    std::string technology; ///< "snp", "es", "sev", "none"
    std::uint64_t policy = 0;
    unsigned cbitPosition = 0, reducedPhysBits = 0;
    std::string hostData, idBlock, idAuth, workarounds; ///< SEV-SNP, base64
    bool authorKey = false, vlek = false;
    std::string dhCert, session; ///< SEV and SEV-ES, base64
    bool operator==(const DomainSpec &) const = default;
};

/// "kastellan-<32 hex digits>": a keep's own name is not for the host.
[[nodiscard]] std::string domainName(const KeepId &keep);
/// The keep's id in the form of a UUID.
[[nodiscard]] std::string domainUuid(const KeepId &keep);

/// The namespace of our element in <metadata>.
inline constexpr const char *metadataNamespace = "urn:kastellan:keep:1";

/// The domain's XML (formatdomain; enarx 3.5): q35, firmware loaded into memory and never from flash, direct boot with its hashes measured,
/// no device that is not needed. The same spec gives the same bytes.
[[nodiscard]] std::string domainXml(const DomainSpec &spec);

} // namespace kastellan::sev::libvirt
