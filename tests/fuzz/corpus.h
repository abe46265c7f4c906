// SPDX-License-Identifier: Apache-2.0
// What the makers of corpora share. Each ends its program when something fails.
#pragma once

#include "core/base/file.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace kastellan::fuzz {

template <typename T>
T need(Result<T> result)
{
    if (!result) {
        std::fprintf(stderr, "%s\n", result.error().message().c_str());
        std::exit(1);
    }
    return std::move(*result);
}

/// Writes one file of a corpus, and the folders above it.
inline void put(const std::filesystem::path &path, ByteView content)
{
    std::filesystem::create_directories(path.parent_path());
    if (const auto status = writeFileAtomically(path, content, 0644); !status)
        need<int>(std::unexpected(status.error()));
}

} // namespace kastellan::fuzz
