// SPDX-License-Identifier: Apache-2.0
// Any bytes as a kernel command line: what roots a disk is one of the known parameters, and stands on the line with a digest.
#include "core/keeps/whole_machine.h"

#include <cstdlib>

using namespace kastellan;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view line(reinterpret_cast<const char *>(data), size);
    const std::string by = diskRootedBy(line);
    if (by.empty())
        return 0;
    if ((by != "roothash" && by != "usrhash" && by != "dm-mod.create" && by != "dm") || size < 64 || line.find("systemd.verity=no ") == 0)
        std::abort();
    // Switching it off has to show, whatever else the line holds; an open quote would take it in.
    if (line.find('"') == std::string_view::npos && !diskRootedBy(std::string(line) + " systemd.verity=0").empty())
        std::abort();
    return 0;
}
