// SPDX-License-Identifier: Apache-2.0
// Who signed what: every certificate below the one that signed it, and what is wrong with each.
#pragma once

#include "core/certificates/certificate_store.h"

#include <span>

namespace kastellan::sev {

/// One certificate in its place.
struct TreeNode {
    std::string role, title; ///< "vcek", "SEV-VCEK"
    std::string note; ///< "AMD's root, built in", "chip 0123…, bl 3, …"
    std::string digest; ///< SHA-256, hex; empty for a key that is built in
    std::vector<std::string> problems; ///< empty: it verifies
    std::vector<TreeNode> children;
};
struct TreeOptions {
    std::int64_t at = 0; ///< Unix seconds
    bool acceptEmulated = false; ///< else an emulated root is a problem
};
/// The trees of the roots, and what has none.
struct CertificateTree {
    std::vector<TreeNode> roots;
    std::vector<std::string> problems; ///< of all, each with the certificate's title
    [[nodiscard]] bool good() const { return problems.empty() && !roots.empty(); }
};
/// Verifies signatures, names, constraints, dates, revocation and the pinned roots of X.509 and legacy chains. Where AMD's own
/// authorities are not given, those that are built in stand in for them.
[[nodiscard]] CertificateTree verifyTree(std::span<const StoredCertificate> certificates, const TreeOptions &options);
/// The tree drawn in text, one line for each certificate, problems below it.
[[nodiscard]] std::string treeText(const CertificateTree &tree);

// The two halves; private to this room.
void addX509(CertificateTree &tree, std::span<const StoredCertificate> certificates, const TreeOptions &options);
void addLegacy(CertificateTree &tree, std::span<const StoredCertificate> certificates);

} // namespace kastellan::sev
