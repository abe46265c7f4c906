// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/abi/product.h"
#include "sev-backend/certificates/certificate.h"

namespace kastellan::sev {

/// The organization that every certificate of an emulated platform names. Never AMD's.
inline constexpr std::string_view emulatedOrganization = "Kastellan EMULATED";

/// The three certificates that back a report: root, intermediate (ASK, or ASVK for a VLEK) and the one that signed it.
struct Chain {
    Certificate ark, ask, leaf;
};

/// Whose root a certificate is.
struct RootIdentity {
    enum class Kind { Amd, Emulated, Unknown };
    Kind kind = Kind::Unknown;
    Product product = Product::Unknown;
    std::string text; ///< "amd", "emulated:<hex SHA-256 of the certificate>", "unknown:<…>"
};
/// By its key for AMD (the table of built-in keys), by its organization for an emulated platform. Which emulated one is
/// accepted is for the caller: `text` says which it is.
[[nodiscard]] RootIdentity identifyRoot(const Certificate &ark);

/// What is wrong with a chain, in words; empty means nothing.
using Faults = std::vector<std::string>;
/// The three signatures: root by itself, ASK by root, leaf by ASK.
[[nodiscard]] Faults signatureFaults(const Chain &chain);
/// Names: each issuer is the next one's subject; the common names are those of the roles and of one product; the
/// certificates of an emulated root all say so.
[[nodiscard]] Faults nameFaults(const Chain &chain, const RootIdentity &root);
/// Basic constraints and key usage of the authorities, no critical extension that is unknown, keys of the right kind.
[[nodiscard]] Faults constraintFaults(const Chain &chain);
/// Validity at a time, Unix seconds.
[[nodiscard]] Faults dateFaults(const Chain &chain, std::int64_t at);

/// Whether the leaf names itself a VLEK.
[[nodiscard]] bool isVlek(const Certificate &leaf);

} // namespace kastellan::sev
