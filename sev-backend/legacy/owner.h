// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/legacy/certificate.h"

#include <optional>

namespace kastellan::sev::legacy {

/// The two transport keys of a guest: encryption (TEK) and integrity (TIK), 16 bytes each. Wiped when destroyed.
struct TransportKeys {
    std::array<std::uint8_t, 16> tek{}, tik{};
    TransportKeys() = default;
    TransportKeys(const TransportKeys &) = default;
    TransportKeys &operator=(const TransportKeys &) = default;
    ~TransportKeys();
};

/// SEV guest policy: 32 bits (sev-formats 2.9).
using Policy = std::uint32_t;

/// What an owner gives to the host for LAUNCH_START: the owner's Diffie-Hellman certificate and the 128-byte session blob.
struct LaunchBlob {
    Bytes godh; ///< 2084 bytes
    Bytes session; ///< 128 bytes: nonce, wrapped keys, IV, MACs (SEV API, LAUNCH_START; sev-formats 2.12)
};

/// NIST SP 800-108 counter-mode KDF with HMAC-SHA-256 as SEV uses it: counter, label, 0, context, length in bits, all little-endian.
[[nodiscard]] Bytes deriveKey(ByteView key, std::string_view label, ByteView context, std::size_t bytes);

/// Inputs that are random in use and fixed in tests.
struct SessionRandom {
    std::array<std::uint8_t, 16> nonce{}, iv{};
};
/// The session blob from the shared secret `z` (x-coordinate, big-endian as ECDH yields it).
[[nodiscard]] Bytes sessionBlob(ByteView z, const TransportKeys &keys, Policy policy, const SessionRandom &random);
/// Makes fresh transport keys, an ephemeral P-384 key with its GODH certificate, and the session for the platform's PDH.
/// The chain of the PDH must have been verified before.
[[nodiscard]] Result<std::pair<LaunchBlob, TransportKeys>> newSession(const Certificate &pdh, Policy policy);

/// The firmware's answer to LAUNCH_MEASURE: HMAC and nonce.
struct LaunchMeasure {
    Sha256 measure;
    std::array<std::uint8_t, 16> nonce{};
    /// 48 bytes: measure then nonce.
    [[nodiscard]] static Result<LaunchMeasure> parse(ByteView bytes, std::string_view name);
    [[nodiscard]] Bytes bytes() const;
};
/// What goes into the HMAC beside the digest.
struct PlatformBuild {
    std::uint8_t apiMajor = 0, apiMinor = 0, build = 0;
};
/// HMAC-SHA-256(TIK, 4 || major || minor || build || policy || digest || nonce); before API 0.17 without the first four bytes.
[[nodiscard]] Sha256 launchMeasurement(const std::array<std::uint8_t, 16> &tik, const PlatformBuild &build, Policy policy,
    const Sha256 &launchDigest, const std::array<std::uint8_t, 16> &nonce);

/// A secret sealed for LAUNCH_SECRET: header of 52 bytes and the encrypted payload.
struct SecretPacket {
    Bytes header, payload;
};
/// One entry of the secret table that OVMF hands to the kernel.
struct SecretEntry {
    std::string guid; ///< textual GUID
    Bytes value;
};
/// The GUIDed table, padded to 16 bytes, at most 16384 (QEMU/OVMF; sev-formats 2.12).
[[nodiscard]] Result<Bytes> secretTable(const std::vector<SecretEntry> &entries);
/// AES-128-CTR with the TEK, HMAC-SHA-256 with the TIK over header fields, ciphertext and the launch measure.
[[nodiscard]] Result<SecretPacket> sealSecret(
    ByteView table, const TransportKeys &keys, const Sha256 &measure, const std::array<std::uint8_t, 16> &iv);

/// A legacy attestation report: 208 bytes, signed by the PEK.
struct AttestationReport {
    Bytes bytes;
    [[nodiscard]] static Result<AttestationReport> parse(ByteView bytes, std::string_view name);
    [[nodiscard]] ByteView nonce() const { return ByteView(bytes).first(16); }
    [[nodiscard]] ByteView launchDigest() const { return ByteView(bytes).subspan(0x10, 32); }
    [[nodiscard]] Policy policy() const { return loadLe<std::uint32_t>(bytes, 0x30); }
    [[nodiscard]] bool signedBy(const Certificate &pek) const;
};

} // namespace kastellan::sev::legacy
