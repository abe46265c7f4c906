// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/abi/id_block.h"
#include "sev-backend/certificates/p384.h"

namespace kastellan::sev {

/// A private key on P-384 from a file's bytes: PEM or DER, traditional or PKCS#8, encrypted ones with their passphrase. Never asks on a
/// terminal.
[[nodiscard]] Result<P384PrivateKey> readSigningKey(ByteView file, std::string_view passphrase, std::string_view name);
/// The public key, in the firmware's form, of a private or public key's file (or of 0x404 bytes that are one already).
[[nodiscard]] Result<FirmwareKey> readFirmwareKey(ByteView file, std::string_view passphrase, std::string_view name);
/// What reports hold of a key: SHA-384 of its 0x404 bytes.
[[nodiscard]] Sha384 keyDigest(const FirmwareKey &key);

/// The ID authentication block of 4096 bytes: the block's signature and, with an author key, that of the ID key.
[[nodiscard]] Bytes authenticate(const IdBlock &block, const P384PrivateKey &idKey, const P384PrivateKey *authorKey);
/// Whether the authentication block belongs to the block, as the firmware checks it; the error says which signature fails.
[[nodiscard]] Status verifyIdAuth(ByteView block, ByteView auth, bool authorKey);

} // namespace kastellan::sev
