// SPDX-License-Identifier: Apache-2.0
#include "tests/support/vectors.h"

#include <cstdlib>

namespace kastellan {

std::filesystem::path vectors()
{
    const char *value = std::getenv("KASTELLAN_VECTORS");
    return value ? value : "";
}

bool haveVectors()
{
    std::error_code code;
    return std::filesystem::exists(vectors() / "snp-milan" / "report.bin", code);
}

} // namespace kastellan
