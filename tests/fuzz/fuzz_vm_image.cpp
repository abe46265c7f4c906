// SPDX-License-Identifier: Apache-2.0
// Any bytes as an image.json: what is taken stays in its folder, and its command line takes no protection away.
#include "sev-backend/image/vm_image.h"

#include <cstdlib>

using namespace kastellan;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view text = asText(ByteView(data, size));
    (void)sev::weakeningWord(text);
    const std::filesystem::path folder = "/images/one";
    const auto image = sev::parseVmImage(text, folder);
    if (!image)
        return 0;
    std::vector<sev::VmImageFile> files = image->documents;
    files.insert(files.end(), {image->firmware, image->kernel, image->initrd});
    for (const auto &file : files)
        if (file.path.lexically_normal().parent_path() != folder || file.path.filename() == "image.json" || file.size == 0)
            std::abort();
    if (sev::weakeningWord(image->commandLine) || image->commandLine.size() > 2047)
        std::abort();
    return 0;
}
