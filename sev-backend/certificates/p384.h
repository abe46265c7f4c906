// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "sev-backend/abi/id_block.h"
#include "sev-backend/certificates/certificate.h"

namespace kastellan::sev {

/// r and s of an ECDSA signature on P-384, 72 bytes little-endian each.
using P384Signature = FixedBytes<struct P384SignatureTag, 144>;

/// A public key on P-384 that verifies the firmware's signatures. Copies share the key; safe in several threads.
class P384Key {
public:
    /// The key of a VCEK or VLEK; another kind of key is an Input error.
    [[nodiscard]] static Result<P384Key> of(const Certificate &certificate);
    /// From the firmware's form of 0x404 bytes (curve 2, coordinates little-endian). A point that is not on the curve, or
    /// bytes set that have to be zero, are Input errors.
    [[nodiscard]] static Result<P384Key> fromFirmware(ByteView key);

    /// ECDSA with SHA-384 over the message; r and s are little-endian numbers as the firmware writes them (72 bytes).
    [[nodiscard]] bool verifies(ByteView message, ByteView r, ByteView s) const;

private:
    explicit P384Key(std::shared_ptr<EVP_PKEY> key)
        : m_key(std::move(key))
    {
    }
    std::shared_ptr<EVP_PKEY> m_key;
};

/// A private key on P-384 that signs as the firmware does (emulated firmware, ID blocks).
class P384PrivateKey {
public:
    [[nodiscard]] static P384PrivateKey make();
    /// The key that belongs to 64 secret bytes: always the same one (the number modulo the order, as a chip derives keys).
    [[nodiscard]] static P384PrivateKey derive(ByteView seed);
    /// Traditional or PKCS#8 DER.
    [[nodiscard]] static Result<P384PrivateKey> fromDer(ByteView der);
    /// Traditional DER (RFC 5915). The caller keeps it secret and clears it.
    [[nodiscard]] Bytes toDer() const;
    /// r and s, 72 bytes little-endian each: 144 bytes.
    [[nodiscard]] P384Signature sign(ByteView message) const;
    /// The public key in the firmware's form.
    [[nodiscard]] FirmwareKey publicFirmwareKey() const;
    [[nodiscard]] EVP_PKEY *handle() const { return m_key.get(); }

private:
    explicit P384PrivateKey(std::shared_ptr<EVP_PKEY> key)
        : m_key(std::move(key))
    {
    }
    std::shared_ptr<EVP_PKEY> m_key;
};

} // namespace kastellan::sev
