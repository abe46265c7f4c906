// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/legacy/certificate.h"

#include <vector>

namespace kastellan::sev::legacy {

/// The certificates of a platform: PDH, by PEK, by OCA (the platform's owner) and CEK (the chip), the CEK by AMD's ASK, by its ARK.
struct PlatformChain {
    std::optional<Certificate> pdh, pek, oca, cek;
    std::optional<CaCertificate> ask, ark;

    /// Takes all certificates out of a file: one alone or several after each other (sevctl export, cert_chain.cert, ask_ark files), or text
    /// with them in base64 (query-sev-capabilities, virsh nodesevinfo). None at all, or a second other one of a kind, is an Input error.
    [[nodiscard]] Status add(ByteView file, std::string_view name);

private:
    [[nodiscard]] Result<std::size_t> addBinary(ByteView bytes, std::string_view name);
};

/// One link of a chain: who signed whom.
struct ChainLink {
    enum class State { Good, Bad, Missing } state = State::Missing;
    std::string subject, issuer;
    std::string why; ///< what is wrong or missing
};
struct ChainVerdict {
    std::vector<ChainLink> links; ///< from the PDH up
    std::string product; ///< "Naples" to "Turin", by the AMD key that signed the chip's certificate; empty when none did
    [[nodiscard]] bool good() const;
    /// The first link that is not good, as an error of the action `what`.
    [[nodiscard]] Status status(std::string_view what) const;
};
/// Verifies each link up to AMD's keys, which are built in: ASK and ARK need not be given, and those given have to be AMD's.
[[nodiscard]] ChainVerdict verify(const PlatformChain &chain);
/// The same up to the root that is accepted: "amd", or "emulated:<fingerprint>" and then by the chain's own ASK and ARK, whose key the
/// X.509 certificate `rootCertificate` of that fingerprint holds.
[[nodiscard]] ChainVerdict verify(const PlatformChain &chain, std::string_view root, ByteView rootCertificate);
/// The same from the PEK up, for what the PEK signed.
[[nodiscard]] ChainVerdict verifyFromPek(const PlatformChain &chain);

} // namespace kastellan::sev::legacy
