// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace kastellan::test {

/// The keep image for virtual machines that the target vm-image made in this build folder.
[[nodiscard]] inline std::filesystem::path vmImageFolder()
{
    const char *build = std::getenv("KASTELLAN_BUILD");
    return std::filesystem::path(build ? build : ".") / "share" / "kastellan" / "vm-image";
}
/// Why there is none; empty if there is one.
[[nodiscard]] inline std::string vmImageMissing()
{
    if (std::filesystem::exists(vmImageFolder() / "image.json"))
        return {};
    std::ifstream why(vmImageFolder().parent_path() / "vm-image.missing");
    const std::string text{std::istreambuf_iterator<char>(why), {}};
    return "no keep image for virtual machines: " + (text.empty() ? std::string("the target vm-image was not built") : text);
}

} // namespace kastellan::test

/// Skips a Qt Test function where the image could not be made: an input of it has vanished, and the text names it.
#define KASTELLAN_NEED_VM_IMAGE()                                                                                                          \
    do {                                                                                                                                   \
        if (const std::string kastellanMissing = ::kastellan::test::vmImageMissing(); !kastellanMissing.empty())                           \
            QSKIP(kastellanMissing.c_str());                                                                                               \
    } while (false)
