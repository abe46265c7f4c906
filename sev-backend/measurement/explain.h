// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/measurement/vm_measurement.h"

#include <stop_token>

namespace kastellan::sev {

/// How a virtual machine is protected, and so how its launch digest is made.
enum class GuestKind { Sev, SevEs, Snp, SnpSvsm };
[[nodiscard]] std::string_view name(GuestKind kind); ///< "SEV", "SEV-ES", "SEV-SNP", "SEV-SNP with SVSM"

/// A firmware image that the machine could have been started with instead.
struct FirmwareCandidate {
    std::string name; ///< its file
    Ovmf firmware;
};

/// What somebody believes about a launch whose digest came out differently.
struct Believed {
    GuestKind kind = GuestKind::Snp;
    const Ovmf *ovmf = nullptr;
    const Ovmf *svsm = nullptr; ///< SnpSvsm
    std::uint64_t varsSize = 0; ///< SnpSvsm
    VmParameters parameters;
    std::optional<std::string> commandLine; ///< of the kernel, as text; without it no other command line is tried
    std::optional<BootHashes> files; ///< kernel and initrd that the machine has, also when `parameters.boot` is off
    std::vector<FirmwareCandidate> otherFirmware;
    unsigned maximumVcpus = 512;
};

/// One difference between what was believed and what explains the digest.
struct Change {
    std::string what; ///< stable: "vcpus", "guest-features", "cpu", "kernel-hashes", "command-line", "initrd", "vmsa", "ec2-rdx", "vmm",
                      ///< "firmware", "kind", "vars-size"
    std::string from, to;
    std::string phrase; ///< "2 vCPUs instead of 1"
    std::string option; ///< what to give to keepctl measure to get it: "--vcpus 2"; empty where there is no such option
};
/// Changes that together give the digest that was seen. No change: it is what the parameters give.
struct Explanation {
    std::vector<Change> changes;
    /// "It is the digest of a machine with 2 vCPUs instead of 1."
    [[nodiscard]] std::string sentence() const;
    /// The options of all changes, in one line.
    [[nodiscard]] std::string options() const;
};

/// Whether a launch digest (48 bytes for SNP, 32 for SEV and SEV-ES) is the one that was seen. Called very often.
using DigestTest = std::function<bool(ByteView digest)>;

/// Searches what could be different: guest features, number and model of vCPUs, kernel hashes on or off, the command line's white space and
/// ends, no initrd, the older VMSA, EC2's RDX, the VMM, other firmware, the kind of guest; each alone, two together, and two with another
/// number of vCPUs. Yields all explanations with the fewest changes (at most eight), and none when nothing fits. Milliseconds for one
/// change, about a second for all.
[[nodiscard]] std::vector<Explanation> explain(const Believed &believed, const DigestTest &seen, std::stop_token stop = {});
/// The same for a digest that was seen as it is.
[[nodiscard]] std::vector<Explanation> explain(const Believed &believed, ByteView seen, std::stop_token stop = {});

} // namespace kastellan::sev
