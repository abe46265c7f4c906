// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"
#include "core/keeps/machine.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kastellan::sev::kubevirt {

/// What the server's own schema says of spec.domain.launchSecurity: names of fields and their types ("string", "boolean", "object").
struct ServerSchema {
    bool read = false; ///< false: it could not be had, and `why` says why; nothing below is known
    std::string why;
    bool launchSecurity = false;
    std::optional<std::map<std::string, std::string>> sev, snp; ///< none: the server knows no such technology
    std::vector<std::string> subresources; ///< of a VMI: "sev/fetchcertchain", "console"…
    [[nodiscard]] bool offers(std::string_view subresource) const;
    /// Whether kernel, initrd and command line can be measured under this technology.
    [[nodiscard]] bool hashesKernel(std::string_view technology) const;
    /// Whether launch measurement and secret of paused SEV guests can be had.
    [[nodiscard]] bool attestsSev() const;
};

/// A VirtualMachineInstance that is a keep, decided. Holds no secret: whoever reads the cluster's objects reads it.
struct Vmi {
    std::string name; ///< empty: the server makes one from "keep-"
    std::string nameSpace;
    std::string keep; ///< 32 hex digits, for finding it again; empty: none
    std::string technology; ///< "snp", "es", "sev" or "none"
    std::uint64_t snpPolicy = 0x30000;
    bool attested = false; ///< SEV and SEV-ES: waits for a session, and starts paused
    std::string cpuModel;
    unsigned cores = 1;
    std::uint64_t memoryMiB = 512;
    std::string kernelImage; ///< container image with kernel and initrd; or
    std::string kernelArguments;
    std::string diskImage; ///< container image with a disk
    bool masquerade = false; ///< network: of the pod, behind NAT; else none
    bool kernelHashes = false; ///< where the schema has it
    std::string kernelHashesType = "boolean"; ///< and how it writes it
    std::string hostData; ///< base64, where the schema has it; empty: none
    std::string annotation; ///< for people who look at the cluster

    /// JSON as it is posted, one line.
    [[nodiscard]] std::string json() const;
    /// The same as YAML; `comments` come first, each behind a '#'. Always the same for the same content.
    [[nodiscard]] std::string yaml(const std::vector<std::string> &comments) const;
};

/// Files within the container image of a keep image (docs/kubevirt.md).
inline constexpr const char *kernelPath = "/boot/vmlinuz";
inline constexpr const char *initrdPath = "/boot/initrd";
/// Label with the keep's id.
inline constexpr const char *keepLabel = "kastellan.org/keep";

/// What of a request decides over the VMI. What no cluster can do (a file of the owner's machine, forwarded ports, bridges, rehearsal) and
/// container images that are not pinned by digest are Input errors. `commandLine`: of the keep image, for the image's own kernel.
[[nodiscard]] Result<Vmi> vmiFor(const MachineRequest &request, const std::string &commandLine);
/// A container image, pinned: "docker://NAME@sha256:…" without the scheme.
[[nodiscard]] Result<std::string> containerImage(const std::string &given, const char *option);

} // namespace kastellan::sev::kubevirt
