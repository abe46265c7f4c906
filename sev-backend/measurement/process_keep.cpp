// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/measurement/process_keep.h"

#include "sev-backend/abi/vmsa.h"
#include "sev-backend/measurement/launch_measurement.h"

#include <algorithm>

#include <sys/stat.h>

namespace kastellan::sev {

using namespace process_keep;

Result<ProcessKeep> ProcessKeep::layOut(std::vector<KeepFile> files, std::vector<std::string> command)
{
    constexpr const char *what = "lay out a keep image";
    std::ranges::sort(files, {}, &KeepFile::path);
    ProcessKeep keep;
    keep.m_index.command = std::move(command);
    std::uint64_t gpa = filesGpa;
    for (const auto &file : files) {
        if (file.mode & ~0777u)
            return badInput(what, file.path, "its mode has more than permission bits", "Give 0755 or 0644.");
        const std::uint64_t length = (file.content.size() + pageSize - 1) / pageSize * pageSize;
        if (length > filesEnd - gpa)
            return badInput(what, file.path, "the image has over 1 GiB", "Leave out what the keep does not need.");
        keep.m_index.files.push_back({file.path, file.mode | S_IFREG, file.content.size(), gpa});
        gpa += length;
    }
    KASTELLAN_ASSIGN(Bytes indexPages, keep.m_index.encode());

    const auto own = [&keep](PageType type, std::uint64_t at, Bytes pages, std::string of) {
        keep.m_pages.push_back(std::move(pages));
        keep.m_runs.push_back({type, at, keep.m_pages.back(), std::move(of)});
    };
    own(PageType::Normal, indexGpa, std::move(indexPages), "index");
    for (std::size_t i = 0; i < files.size(); ++i) {
        const auto &entry = keep.m_index.files[i];
        const ByteView content = files[i].content;
        const std::size_t whole = content.size() / pageSize * pageSize;
        if (whole > 0)
            keep.m_runs.push_back({PageType::Normal, entry.gpa, content.first(whole), entry.path});
        if (whole < content.size()) {
            // The last page is measured with zeros up to its end, as memory is.
            Bytes last = toBytes(content.subspan(whole));
            last.resize(pageSize);
            own(PageType::Normal, entry.gpa + whole, std::move(last), entry.path);
        }
    }
    own(PageType::Secrets, secretsGpa, Bytes(pageSize), "secrets");
    own(PageType::Cpuid, cpuidGpa, Bytes(pageSize), "CPUID");
    const auto vmsa = qemuVmsa({.cpuSignature = process_keep::cpuSignature});
    own(PageType::Vmsa, vmsaGpa, toBytes(ByteView(vmsa)), "VMSA");
    return keep;
}

std::uint64_t ProcessKeep::pageCount() const
{
    std::uint64_t count = 0;
    for (const auto &run : m_runs)
        count += run.pages.size() / pageSize;
    return count;
}

LaunchDigest measureProcessKeep(const ProcessKeep &keep)
{
    LaunchMeasurement measurement;
    for (const auto &run : keep.runs()) {
        if (contentsMeasured(run.type))
            measurement.addPages(run.type, run.gpa, run.pages);
        else
            measurement.addAddresses(run.type, run.gpa, run.pages.size() / pageSize);
    }
    return measurement.digest();
}

Result<LaunchDigest> measureProcessKeep(std::vector<KeepFile> files)
{
    KASTELLAN_ASSIGN(const ProcessKeep keep, ProcessKeep::layOut(std::move(files)));
    return measureProcessKeep(keep);
}

} // namespace kastellan::sev
