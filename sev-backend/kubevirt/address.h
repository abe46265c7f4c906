// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

#include <string>
#include <string_view>

namespace kastellan::sev::kubevirt {

/// kubevirt://CONTEXT/NAMESPACE: a context of the person's kubeconfig, and a namespace of its cluster.
struct Address {
    std::string context; ///< empty: the kubeconfig's current one
    std::string nameSpace; ///< empty: the context's, else "default"
    /// "?accept=insecure-skip-tls-verify": the override without which a cluster whose certificate is not checked is refused. It is part of
    /// the host's id, so that plan and record name it.
    bool acceptsAnyCertificate = false;
    bool operator==(const Address &) const = default;
    /// As it is written; parse() of it yields the same.
    [[nodiscard]] std::string uri() const;
};

[[nodiscard]] bool isAddress(std::string_view uri); ///< begins with kubevirt://
/// The part after the last slash is the namespace; in a context's name '/', '?', '#' and '%' can be written as %2F, %3F, %23, %25 (a slash
/// also as it is, when a namespace follows). Anything else is an Input error.
[[nodiscard]] Result<Address> parseAddress(std::string_view uri);
/// A namespace's name: a DNS label (RFC 1123).
[[nodiscard]] bool isDnsLabel(std::string_view text);

} // namespace kastellan::sev::kubevirt
