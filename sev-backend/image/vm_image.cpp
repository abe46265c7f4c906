// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/image/vm_image.h"

#include "core/base/file.h"
#include "sev-backend/measurement/vm_measurement.h"

#include <cstdlib>

namespace kastellan::sev {

namespace fs = std::filesystem;

namespace {

constexpr const char *opening = "open the keep image";
constexpr const char *makeOne = "Make it again with 'keepctl image build'.";

Status hold(const VmImageFile &file)
{
    std::error_code code;
    const auto status = fs::status(file.path, code);
    if (status.type() == fs::file_type::not_found)
        return fail(ErrorKind::Negative, opening, file.path.string(), "the file is missing, and image.json names it", makeOne);
    if (code)
        return environment(opening, file.path.string(), code.message());
    if (!fs::is_regular_file(status))
        return fail(ErrorKind::Negative, opening, file.path.string(), "it is no plain file", makeOne);
    const std::uint64_t size = fs::file_size(file.path, code);
    if (code)
        return environment(opening, file.path.string(), code.message());
    if (size != file.size)
        return fail(ErrorKind::Negative, opening, file.path.string(),
            "it has " + std::to_string(size) + " bytes, and image.json says " + std::to_string(file.size), makeOne);
    KASTELLAN_ASSIGN(const Sha256 digest, hashFile(file.path.string()));
    if (digest != file.sha256)
        return fail(ErrorKind::Negative, opening, file.path.string(),
            "its SHA-256 is " + toHex(digest.view()) + ", and image.json says " + toHex(file.sha256.view()), makeOne);
    return {};
}

} // namespace

Result<VmImage> openVmImage(const fs::path &given)
{
    std::error_code code;
    fs::path folder = fs::absolute(given, code).lexically_normal();
    if (code)
        return environment(opening, given.string(), code.message());
    if (!folder.has_filename()) // "images/default/"
        folder = folder.parent_path();
    if (!fs::exists(folder / "image.json", code))
        return environment(opening, folder.string(), "there is no image.json: no keep image for virtual machines was made here",
            "Make one with 'keepctl image build', or name one with KASTELLAN_VM_IMAGE.");
    KASTELLAN_ASSIGN(const Bytes json, readFile(folder / "image.json", std::uint64_t{1} << 20));
    KASTELLAN_ASSIGN(VmImage image, parseVmImage(asText(json), folder));
    for (const VmImageFile *file : {&image.firmware, &image.kernel, &image.initrd})
        KASTELLAN_TRY(hold(*file));
    for (const VmImageFile &file : image.documents)
        KASTELLAN_TRY(hold(file));
    return image;
}

fs::path defaultVmImageFolder()
{
    if (const char *given = std::getenv("KASTELLAN_VM_IMAGE"); given && *given)
        return given;
    std::error_code code;
    if (const fs::path own = dataFolder() / "images" / "default"; fs::exists(own / "image.json", code))
        return own;
    return (programFolder() / ".." / "share" / "kastellan" / "vm-image").lexically_normal();
}

} // namespace kastellan::sev
