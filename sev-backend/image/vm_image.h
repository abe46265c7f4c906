// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "core/keeps/plan.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kastellan::sev {

/// A file of a keep image for virtual machines, as image.json has it.
struct VmImageFile {
    std::filesystem::path path; ///< in the image's folder
    std::uint64_t size = 0; ///< bytes
    Sha256 sha256;
};

/// What went into an image and was not built by us, pinned in the recipe's lock.
struct VmImageInput {
    std::string name; ///< "firmware", "linux-source", or the path in the initrd
    std::string package, version; ///< of Debian; empty for what no package has
    Sha256 sha256; ///< of the file that was used
};

/// A file of the initrd, as the recipe packed it.
struct VmImageContent {
    std::string path; ///< "/usr/bin/keep-warden"
    std::uint64_t size = 0;
    Sha256 sha256;
    std::uint32_t mode = 0644; ///< permission bits
};

/// A keep image for virtual machines: a folder with firmware, kernel, initrd, the command line that is measured with them, and image.json,
/// which has every digest (docs/vm-image.md).
struct VmImage {
    std::filesystem::path folder; ///< absolute
    std::string name, version;
    Sha256 manifest; ///< of image.json itself: the image's identity
    VmImageFile firmware, kernel, initrd;
    std::vector<VmImageFile> documents; ///< not measured: the bill of materials, the kernel's configuration
    std::string commandLine;
    std::vector<VmImageInput> inputs;
    std::vector<VmImageContent> contents; ///< of the initrd
};

/// What the command line of a keep that serves without evidence has at its end (--unattested). No image may have it itself.
inline constexpr std::string_view unattestedWord = "kastellan.unattested";

/// Reads image.json (at most 1 MiB) without looking at the other files. `where` is for errors. Bounded; names have no folders in them; a
/// command line that weakens the kernel, or has `unattestedWord`, is refused.
[[nodiscard]] Result<VmImage> parseVmImage(std::string_view json, const std::filesystem::path &folder);
/// The first word of a command line that weakens what the image promises ("mitigations=off", "nokaslr", a shell, …).
[[nodiscard]] std::optional<std::string> weakeningWord(std::string_view commandLine);

/// Opens the image and holds every file to its size and SHA-256 in image.json, in constant memory. A missing image is an Environment error
/// that says how one is made; a file that differs is a Negative error that names it.
[[nodiscard]] Result<VmImage> openVmImage(const std::filesystem::path &folder);
/// $KASTELLAN_VM_IMAGE, else dataFolder()/images/default if it is there, else share/kastellan/vm-image beside the program.
[[nodiscard]] std::filesystem::path defaultVmImageFolder();

/// The SEV-SNP launch digest of a machine with this image, from the digests in image.json and the bytes of the firmware (checked again).
/// `cpuModel` is QEMU's name; `firmware` a file in place of the image's.
[[nodiscard]] Result<LaunchDigest> expectedSnp(
    const VmImage &image, unsigned vcpus, std::string_view cpuModel, const std::optional<std::filesystem::path> &firmware = std::nullopt);
/// The launch digest of SEV, or with `es` of SEV-ES, where the virtual processors count as well.
[[nodiscard]] Result<Sha256> expectedSev(const VmImage &image, unsigned vcpus, std::string_view cpuModel, bool es,
    const std::optional<std::filesystem::path> &firmware = std::nullopt);
/// What is measured, for the plan: "firmware", "kernel", "initrd" and "command line" (whose digest is over the text and its closing NUL).
[[nodiscard]] Result<std::vector<MeasuredFile>> measuredFiles(
    const VmImage &image, const std::optional<std::filesystem::path> &firmware = std::nullopt);

} // namespace kastellan::sev
