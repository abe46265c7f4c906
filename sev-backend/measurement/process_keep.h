// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/abi/page_info.h"
#include "sev-backend/measurement/keep_index.h"

#include <span>

namespace kastellan::sev {

/// Fixed guest addresses of a process keep (docs/process-keep.md).
namespace process_keep {
inline constexpr std::uint64_t secretsGpa = 0x0000'1000;
inline constexpr std::uint64_t cpuidGpa = 0x0000'2000;
inline constexpr std::uint64_t indexGpa = 0x0010'0000;
inline constexpr std::uint64_t filesGpa = 0x0100'0000;
/// Files end below this address: room for 1 GiB.
inline constexpr std::uint64_t filesEnd = filesGpa + (std::uint64_t{1} << 30);
/// CPUID signature in the VMSA: EPYC-Genoa, whichever processor is emulated, so that one image has one digest.
inline constexpr std::uint32_t cpuSignature = 0x00a10f10;
} // namespace process_keep

/// One file of a keep image. The content must outlive every use: it is a view (of a mapping, usually).
struct KeepFile {
    std::string path; ///< in the keep: "/usr/bin/keep-warden"
    std::uint32_t mode = 0; ///< permission bits: 0755 or 0644; the type of the file is added
    ByteView content;
};

/// Some pages that follow each other, to be measured with one SNP_LAUNCH_UPDATE.
struct PageRun {
    PageType type = PageType::Normal;
    std::uint64_t gpa = 0;
    ByteView pages; ///< whole pages
    std::string of; ///< what they hold, for progress and logs: "index", a path, "VMSA"
};

/// A keep image laid out as the pages that the firmware loads and measures, in order: index pages, the pages of each file
/// by path, the SECRETS page, the CPUID page, one VMSA. Holds the pages that it made itself (index, last page of each
/// file); views the files otherwise.
class ProcessKeep {
public:
    /// `command` is what will be executed: it is measured. Unusable paths or modes, doubles, and an image over 1 GiB are
    /// Input errors.
    [[nodiscard]] static Result<ProcessKeep> layOut(
        std::vector<KeepFile> files, std::vector<std::string> command = {"/usr/bin/keep-warden", "--process"});

    [[nodiscard]] const std::vector<PageRun> &runs() const { return m_runs; }
    [[nodiscard]] const KeepIndex &index() const { return m_index; }
    /// Pages in all runs.
    [[nodiscard]] std::uint64_t pageCount() const;

    ProcessKeep(ProcessKeep &&) = default;
    ProcessKeep &operator=(ProcessKeep &&) = default;
    ~ProcessKeep() = default;

private:
    ProcessKeep() = default;
    KeepIndex m_index;
    std::vector<Bytes> m_pages; // the heap blocks of these stay where they are when the object moves
    std::vector<PageRun> m_runs;
};

/// The launch digest that the firmware comes to for these pages.
[[nodiscard]] LaunchDigest measureProcessKeep(const ProcessKeep &keep);
/// The same from the files.
[[nodiscard]] Result<LaunchDigest> measureProcessKeep(std::vector<KeepFile> files);

} // namespace kastellan::sev
