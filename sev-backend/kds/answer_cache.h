// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <filesystem>
#include <optional>

namespace kastellan::sev::kds {

/// Some ten thousand VCEKs.
inline constexpr std::uint64_t usualCacheLimit = std::uint64_t{64} << 20;

/// Answers of the key server on the disk, one file for each address, written whole or not at all. What is read back is verified again by
/// whoever asked, so a file that was altered costs another question and nothing else.
class AnswerCache {
public:
    /// `folder`: dataFolder()/kds-cache; made when first written to. An empty path: nothing is kept. `limit`: bytes on the disk; what was
    /// written first is removed for what comes. An answer that alone is larger is not kept.
    explicit AnswerCache(std::filesystem::path folder, std::uint64_t limit = usualCacheLimit)
        : m_folder(std::move(folder))
        , m_limit(limit)
    {
    }
    struct Entry {
        Bytes body;
        std::int64_t fetched = 0; ///< Unix seconds
    };
    /// Nothing when it is not there, or not for this address.
    [[nodiscard]] std::optional<Entry> get(std::string_view address) const;
    [[nodiscard]] Status put(std::string_view address, ByteView body, std::int64_t now) const;

private:
    [[nodiscard]] std::filesystem::path file(std::string_view address) const;
    /// Removes the oldest files until no more than the limit is left.
    void keepBelowLimit() const;
    std::filesystem::path m_folder;
    std::uint64_t m_limit;
};

} // namespace kastellan::sev::kds
