// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <filesystem>
#include <string>
#include <vector>

namespace kastellan {

/// A key pair of this user. The private half never leaves its 0600 file or memory.
struct KeyInfo {
    std::string name; ///< "record", or an owner key's name
    std::string use; ///< "record" (Ed25519) or "owner" (P-384)
    std::string fingerprint; ///< hex SHA-256 of the DER SubjectPublicKeyInfo
    std::string publicPem;
    std::filesystem::path file;
    std::int64_t created = 0;
};

namespace keys {
/// dataFolder()/keys. Every *.pem in it, checked for mode and owner.
[[nodiscard]] Result<std::vector<KeyInfo>> list();
/// Makes a key pair; an existing name is an error.
[[nodiscard]] Result<KeyInfo> create(std::string_view name, std::string_view use);
[[nodiscard]] Result<KeyInfo> show(std::string_view name);
[[nodiscard]] Status remove(std::string_view name);
/// PEM text of the private key of an owner key, for the session. Wipe after use.
[[nodiscard]] Result<std::string> privatePem(std::string_view name);
/// A fresh P-384 owner key for one keep: private PEM and the SHA-256 of its DER SPKI.
[[nodiscard]] Result<std::pair<std::string, Sha256>> freshOwnerKey();
/// SHA-256 of the DER SubjectPublicKeyInfo of a private or public PEM.
[[nodiscard]] Result<Sha256> spkiDigest(std::string_view pem);
/// Detached Ed25519 signature with the record key (made on first use), and its public half as PEM.
[[nodiscard]] Result<Bytes> signRecord(ByteView message);
[[nodiscard]] Result<std::string> recordPublicPem();
[[nodiscard]] Result<bool> verifySignature(std::string_view publicPem, ByteView message, ByteView signature);
} // namespace keys

} // namespace kastellan
