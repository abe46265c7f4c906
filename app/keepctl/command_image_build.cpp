// SPDX-License-Identifier: Apache-2.0
#include "app/backends/backends.h"
#include "app/keepctl/commands.h"
#include "app/keepctl/interrupts.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "core/base/file.h"
#include "core/evidence/json.h"
#include "resources/keep-image/reference.h"
#include "sev-backend/image/build_image.h"
#include "sev-backend/launch/image_files.h"

namespace kastellan::keepctl {

namespace fs = std::filesystem;

namespace {

/// Warden and runner go into the image: they have to be those that this program was built with.
Status holdTree(const fs::path &tree)
{
    KASTELLAN_ASSIGN(const auto files, sev::ImageFiles::read(tree));
    if (const auto differences = files.differences(keepImageReference()); !differences.empty())
        return fail(ErrorKind::Negative, "make the keep image", tree.string(),
            "its files are not those that this program was built with: " + differences.front(), "Build or install Kastellan again.");
    return {};
}

} // namespace

Result<int> imageBuild(const Invocation &asked)
{
    sev::VmImageRequest request;
    request.out = asked.value("out", (dataFolder() / "images" / "default").string());
    request.tree = keepImageFolder();
    request.lock = asked.value("lock");
    request.inputs = asked.value("inputs");
    request.kernel = asked.value("kernel");
    request.version = KASTELLAN_VERSION;
    request.updateLock = asked.has("update-lock");
    KASTELLAN_ASSIGN(const std::uint64_t jobs, asked.number("jobs", 0, 1024));
    request.jobs = static_cast<unsigned>(jobs);
    KASTELLAN_TRY(holdTree(request.tree));
    if (!asked.has("out"))
        KASTELLAN_TRY(makeFolder(request.out.parent_path()));

    const bool json = asked.has("json");
    Interrupts interrupts;
    ProgressLine progress(false);
    js::Out remarks = js::Out::array();
    Result<sev::VmImage> image = fail(ErrorKind::Internal, "make the keep image", {}, "nothing was done");
    {
        const StopOnInterrupt stop(interrupts);
        image = sev::buildVmImage(
            request, [&](std::string_view doing, std::uint64_t done, std::uint64_t total) { progress.show(doing, done, total); },
            [&](const std::string &text) {
                remarks.push_back(text);
                if (!json) {
                    progress.clear();
                    note(inLine(text) + "\n");
                }
            },
            stop.token());
    }
    progress.clear();
    if (!image)
        return std::unexpected(image.error());
    const std::uint64_t bytes = image->firmware.size + image->kernel.size + image->initrd.size;
    if (json)
        printJson({{"image", image->folder.string()}, {"manifest_sha256", toHex(image->manifest.view())}, {"bytes", bytes},
            {"remarks", std::move(remarks)}});
    else
        print(facts({{"image", inLine(image->folder.string())}, {"image.json", toHex(image->manifest.view())},
            {"size",
                sizeText(bytes) + ": firmware " + sizeText(image->firmware.size) + ", kernel " + sizeText(image->kernel.size) + ", initrd "
                    + sizeText(image->initrd.size)}}));
    return exit_code::done;
}

} // namespace kastellan::keepctl
