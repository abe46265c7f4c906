// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/intake/intake.h"

#include "sev-backend/abi/report.h"
#include "sev-backend/intake/library.h"

#include <algorithm>

namespace kastellan::sev {
namespace {

constexpr std::size_t requestSize = 64;

/// The 64 bytes that were asked for mean something beside the report that holds them: snpguest writes both.
void nameRequests(intake::Parts &parts, std::span<const InputFile> files)
{
    std::erase_if(parts.unknown, [&](const UnknownPart &unknown) {
        const auto file = std::ranges::find(files, unknown.file, &InputFile::name);
        if (file == files.end() || file->bytes.size() != requestSize || unknown.offset != 0)
            return false;
        const bool asked = std::ranges::any_of(parts.snpReports, [&](const intake::EvidencePart &report) {
            return std::ranges::equal(ByteView(report.bytes).subspan(report_offset::reportData, requestSize), file->bytes);
        });
        if (asked)
            parts.found.push_back({unknown.file, 0, requestSize, "report-data", "the 64 bytes that the report binds"});
        return asked;
    });
}

} // namespace

Recognised recognise(std::span<const InputFile> files, const EndorsementPool *pool)
{
    intake::Looker looker;
    for (const auto &file : files)
        looker.file(file);
    auto parts = looker.take();
    nameRequests(parts, files);
    Recognised result;
    result.found = std::move(parts.found);
    result.unknown = std::move(parts.unknown);
    bool all = true;
    result.evidence = intake::assemble(std::move(parts), dynamic_cast<const intake::Library *>(pool), all);
    if (!all)
        result.unknown.push_back({files.empty() ? std::string() : files.front().name, 0,
            "the files hold so many certificates and lists that look alike that not all were tried; give fewer"});
    return result;
}

std::shared_ptr<const EndorsementPool> readPool(std::span<const InputFile> files, Recognised *what)
{
    intake::Looker looker({.parts = 500'000, .derived = std::size_t{1} << 30});
    for (const auto &file : files)
        looker.file(file);
    auto parts = looker.take();
    if (what) {
        what->found = std::move(parts.found);
        what->unknown = std::move(parts.unknown);
    }
    return std::make_shared<const intake::Library>(std::move(parts.certificates), std::move(parts.lists), std::move(parts.sev));
}

} // namespace kastellan::sev
