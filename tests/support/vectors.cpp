// SPDX-License-Identifier: Apache-2.0
#include "tests/support/vectors.h"

#include "core/base/file.h"

#include <cstdio>
#include <cstdlib>

namespace kastellan::test {
namespace fs = std::filesystem;

namespace {
fs::path folder()
{
    const char *value = std::getenv("KASTELLAN_VECTORS");
    return value ? value : "";
}
} // namespace

bool haveVectors()
{
    std::error_code ignored;
    return !folder().empty() && fs::is_directory(folder(), ignored);
}

Bytes vector(std::string_view path)
{
    auto content = readFile(folder() / path, 1 << 20);
    if (!content) {
        std::fprintf(stderr, "%s\n", content.error().message().c_str());
        std::abort();
    }
    return std::move(*content);
}

} // namespace kastellan::test
