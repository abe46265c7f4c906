// SPDX-License-Identifier: Apache-2.0
#include "app/backends/backends.h"
#include "app/keepctl/commands.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "core/base/digest.h"
#include "core/evidence/json.h"
#include "resources/keep-image/reference.h"
#include "sev-backend/launch/image_files.h"
#include "sev-backend/measurement/process_keep.h"

#include <format>

namespace kastellan::keepctl {

namespace fs = std::filesystem;

namespace {

/// One measured page; the contents of some types are not measured.
struct Page {
    std::uint64_t gpa;
    std::string_view type, of;
    std::string sha384;
};

std::vector<Page> pagesOf(const sev::ProcessKeep &keep)
{
    std::vector<Page> pages;
    for (const sev::PageRun &run : keep.runs())
        for (std::size_t at = 0; at < run.pages.size(); at += sev::pageSize)
            pages.push_back({run.gpa + at, sev::name(run.type), run.of,
                sev::contentsMeasured(run.type) ? toHex(sha384(run.pages.subspan(at, sev::pageSize)).view()) : std::string()});
    return pages;
}

js::Out filesJson(const sev::ImageFiles &image)
{
    js::Out files = js::Out::array();
    for (const sev::KeepFile &file : image.files())
        files.push_back({{"path", file.path}, {"mode", std::format("{:04o}", file.mode)}, {"size", file.content.size()},
            {"sha256", toHex(sha256(file.content).view())}});
    return files;
}

} // namespace

Result<int> measureProcess(const Invocation &asked)
{
    const fs::path folder = asked.has("image") ? fs::path(asked.value("image")) : keepImageFolder();
    KASTELLAN_ASSIGN(const auto image, sev::ImageFiles::read(folder));
    KASTELLAN_ASSIGN(const auto keep, sev::ProcessKeep::layOut(image.files()));
    const LaunchDigest digest = sev::measureProcessKeep(keep);
    const LaunchDigest reference = keepImageReferenceDigest();
    const bool matches = digest == reference;
    auto differences = image.differences(keepImageReference());
    if (!matches && differences.empty())
        differences.emplace_back("the files are those that were built, but not their modes");
    if (asked.has("json")) {
        js::Out value = {{"image", folder.string()}, {"digest", toHex(digest.view())}, {"reference", toHex(reference.view())},
            {"matches", matches}, {"differences", differences}, {"files", filesJson(image)}};
        if (asked.has("pages")) {
            value["pages"] = js::Out::array();
            for (const Page &page : pagesOf(keep))
                value["pages"].push_back(
                    {{"gpa", std::format("{:#x}", page.gpa)}, {"type", page.type}, {"of", page.of}, {"sha384", page.sha384}});
        }
        printJson(value);
        return matches ? exit_code::done : exit_code::negative;
    }
    if (asked.has("pages"))
        for (const Page &page : pagesOf(keep))
            print(std::format("{:#014x}  {:<10}  {:<96}  {}\n", page.gpa, page.type, page.sha384, inLine(page.of)));
    print(facts({{"image", folder.string()},
        {"measured", std::format("{} files, {}, {} pages", image.files().size(), sizeText(image.size()), keep.pageCount())},
        {"launch digest", toHex(digest.view())}, {"this build knows", toHex(reference.view())},
        {"result", matches ? "the same" : "DIFFERENT: a keep of this image is refused"}}));
    for (const std::string &difference : differences)
        print("  " + inLine(difference) + "\n");
    return matches ? exit_code::done : exit_code::negative;
}

} // namespace kastellan::keepctl
