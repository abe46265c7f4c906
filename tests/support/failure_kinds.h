// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace kastellan::test {

/// Failures of the table (sev-backend/failures) that real libvirt, QEMU or ssh are made to have
/// (tests/integration/hosts/test_real_failures).
inline constexpr auto failuresMade = std::to_array<std::string_view>({"kvm.missing", "kvm.permission", "libvirt.lost", "libvirt.no-daemon",
    "libvirt.permission", "libvirt.ssh-host", "libvirt.ssh-key", "libvirt.tls", "libvirt.unreachable", "machine.cpu-model",
    "machine.firmware-missing", "machine.hugepages", "machine.image-permission", "machine.launch-security"});
/// Those that a rehearsed launch has: the emulated firmware refuses, or the stand-in for QEMU says what QEMU and KVM would say of such a
/// host (tests/integration/rehearsal/test_rehearsal_failures).
inline constexpr auto failuresRehearsed =
    std::to_array<std::string_view>({"kvm.no-guest-memory", "kvm.sev-off", "kvm.snp-off", "launch.asid-range", "launch.bad-measurement",
        "launch.cpuid", "launch.es-unavailable", "launch.firmware", "launch.id-block", "launch.kvm-abi", "launch.memlock", "launch.no-asid",
        "launch.policy", "launch.secret-area", "launch.session", "launch.snp-start", "machine.cbitpos", "machine.kernel-hashes",
        "machine.memory-region", "machine.no-guid-table", "machine.pflash", "platform.init", "platform.no-device", "platform.permission"});

/// How a test has a failure happen: "made", "rehearsed", or "recorded": by a line in that program's own form alone, for these are words of
/// the kernel of a host or guest with SEV, of its security modules, of a firmware built for debugging, or of a polkit that asks.
[[nodiscard]] constexpr std::string_view failureKind(std::string_view id)
{
    if (std::ranges::find(failuresMade, id) != failuresMade.end())
        return "made";
    return std::ranges::find(failuresRehearsed, id) != failuresRehearsed.end() ? "rehearsed" : "recorded";
}

} // namespace kastellan::test
