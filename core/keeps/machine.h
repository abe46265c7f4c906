// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kastellan {

/// A port of the host that leads to one in the machine (user-mode network alone).
struct ForwardedPort {
    std::string protocol = "tcp"; ///< "tcp" or "udp"
    std::uint16_t host = 0, guest = 0;
    bool operator==(const ForwardedPort &) const = default;
};

/// A whole virtual machine as the workload, in place of a module. All paths are absolute, on the owner's machine.
struct MachineImage {
    std::string kernel, initrd; ///< direct boot, measured; or none
    std::string commandLine; ///< measured with them
    std::string disk; ///< measured only where the command line roots it (dm-verity)
    bool operator==(const MachineImage &) const = default;
};

/// What the owner asks of the virtual machine that a keep is to be; a host that starts none takes no notice.
struct MachineRequest {
    std::string technology; ///< "snp", "es" or "sev"; empty: the strongest that the host offers. Never weaker than demanded
    bool rehearse = false; ///< emulated firmware and a stand-in for QEMU where there is no SEV
    bool unattested = false; ///< --unattested: launched without evidence, and never given a secret
    unsigned vcpus = 1;
    std::uint64_t memoryMiB = 0; ///< 0: what the workload's limit needs
    std::string cpuModel; ///< QEMU's name ("EPYC-v4"); empty: the host's own family, else EPYC-v4
    std::string network = "none"; ///< "none", "user" or "bridge:NAME"
    std::vector<ForwardedPort> ports;
    std::string image; ///< the keep image's folder; empty: the one that was built or installed
    std::string firmware; ///< path, in place of the image's
    std::optional<MachineImage> whole; ///< the workload is a virtual machine
    std::string domainXml; ///< as the person edited it; empty: made by the host
    unsigned bootSeconds = 120; ///< patience from its start to its warden's first word; 10 to 3600
    std::optional<std::uint64_t> policy; ///< guest policy as the technology encodes it; empty: the strictest usual one
    std::string idBlock, idAuth; ///< SEV-SNP, base64: what the firmware holds the launch to, and its signatures; both or none
    bool authorKey = false; ///< SEV-SNP: `idAuth` has an author key too
    bool vlek = false; ///< SEV-SNP: reports signed with the provider's key (VLEK) instead of the chip's (VCEK)
    std::string workarounds; ///< SEV-SNP, base64 of 16 bytes: guest-visible workarounds
    bool operator==(const MachineRequest &) const = default;
};

/// The same, decided.
struct MachinePlan {
    MachineRequest request;
    std::string technology; ///< "snp", "es", "sev", or "none" with --unattested
    std::string cpuModel;
    std::uint64_t memoryMiB = 0;
    /// As it will be given to the host, without what only the launch makes: the owner's session under SEV and SEV-ES, paths of uploaded
    /// files.
    std::string domainXml;
    bool operator==(const MachinePlan &) const = default;
};

/// Names of the virtio ports of a virtual machine that is a keep.
inline constexpr const char *sessionPort = "org.kastellan.session.0"; ///< loader and warden; the frames of docs/session.md
inline constexpr const char *firmwarePort = "org.kastellan.firmware.0"; ///< in rehearsals alone: warden and emulated firmware

} // namespace kastellan
