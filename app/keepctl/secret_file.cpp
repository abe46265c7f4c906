// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/secret_file.h"

#include "core/base/file.h"

#include <openssl/crypto.h>

namespace kastellan::keepctl {

Result<SecretBytes> SecretBytes::read(const std::string &file, std::uint64_t limit)
{
    KASTELLAN_ASSIGN(Bytes content, readFile(file, limit));
    return SecretBytes(std::move(content));
}

SecretBytes &SecretBytes::operator=(SecretBytes &&other) noexcept
{
    if (this != &other) {
        wipe();
        m_bytes = std::move(other.m_bytes);
    }
    return *this;
}

void SecretBytes::wipe()
{
    OPENSSL_cleanse(m_bytes.data(), m_bytes.size());
}

Result<SecretBytes> readPassphrase(const std::string &file)
{
    KASTELLAN_ASSIGN(const SecretBytes content, SecretBytes::read(file, 4096));
    const std::string_view text = asText(content.view());
    const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
    if (line.empty())
        return badInput("read a passphrase", file, "its first line is empty");
    return SecretBytes(toBytes(asBytes(line)));
}

} // namespace kastellan::keepctl
