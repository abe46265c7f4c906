// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/measurement/explain.h"

namespace kastellan::sev {

/// What decides a virtual machine's launch digest, in files and words as people give it. What is not set is not known.
struct LaunchParameters {
    std::optional<GuestKind> kind;
    std::optional<unsigned> vcpus;
    std::string cpuModel; ///< as it was named; empty when only the signature is known
    std::optional<std::uint32_t> cpuSignature;
    Vmm vmm = Vmm::Qemu;
    std::uint64_t guestFeatures = 1;
    bool oldVmsa = false;
    std::optional<std::uint32_t> ec2Rdx;
    std::string ovmf; ///< a file
    std::optional<LaunchDigest> ovmfDigest;
    std::string svsm; ///< a file
    std::optional<std::uint64_t> varsSize;
    std::string kernel, initrd; ///< files; empty: none
    std::string append;
    bool kernelHashes = true; ///< false: the machine has a kernel, but it is not measured
    std::optional<std::uint64_t> policy; ///< not part of the digest
};

/// The most vCPUs that are measured; QEMU's own limit is 4096.
inline constexpr unsigned mostVcpus = 4096;

/// Where a value was taken from: ("vcpus", "4", "-smp 4").
struct Taken {
    std::string what, value, from;
};
/// What is wrong with a machine, or stands in the way of its digest.
struct Problem {
    enum class Weight {
        Note, ///< worth knowing
        Warning, ///< the digest does not prove what it seems to prove
        Fault, ///< the machine won't start like this, or its digest will be another one
    } weight = Weight::Warning;
    std::string where, why, remedy;
};
[[nodiscard]] constexpr std::string_view name(Problem::Weight weight)
{
    return weight == Problem::Weight::Note ? "note" : weight == Problem::Weight::Warning ? "warning" : "fault";
}

/// Parameters that were derived from a machine's description.
struct DerivedLaunch {
    LaunchParameters parameters;
    std::vector<Taken> taken;
    std::vector<Problem> problems;
};

} // namespace kastellan::sev
