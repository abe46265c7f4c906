// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

namespace kastellan::keepctl {

/// What a file with a secret holds; wiped when it is no longer needed.
class SecretBytes {
public:
    [[nodiscard]] static Result<SecretBytes> read(const std::string &file, std::uint64_t limit);
    SecretBytes() = default;
    explicit SecretBytes(Bytes bytes)
        : m_bytes(std::move(bytes))
    {
    }
    SecretBytes(SecretBytes &&) noexcept = default;
    SecretBytes &operator=(SecretBytes &&other) noexcept;
    SecretBytes(const SecretBytes &) = delete;
    SecretBytes &operator=(const SecretBytes &) = delete;
    ~SecretBytes() { wipe(); }
    [[nodiscard]] ByteView view() const { return m_bytes; }
    /// Overwrites what is held, in its place.
    void wipe();

private:
    Bytes m_bytes;
};

/// The first line of a file, without its end. Every passphrase that keepctl holds is read by this.
[[nodiscard]] Result<SecretBytes> readPassphrase(const std::string &file);

} // namespace kastellan::keepctl
