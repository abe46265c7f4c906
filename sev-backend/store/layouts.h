// SPDX-License-Identifier: Apache-2.0
// How other programs want certificates laid out in files.
#pragma once

#include "core/certificates/certificate_store.h"

#include <span>
#include <string_view>

namespace kastellan::sev {

/// A way to lay certificates out.
struct Layout {
    std::string_view name, what;
    bool folder; ///< several files with names of their own; else one file
    bool legacy; ///< of the legacy chain; else of X.509
};
/// "folder" (snpguest, snphost), "ghcb", "pem", "der", "go-sev-guest", "sevctl", "sevctl-full", "sev-tool".
[[nodiscard]] std::span<const Layout> layouts();
/// An unknown name is an Input error that lists them.
[[nodiscard]] Result<const Layout *> findLayout(std::string_view name);

struct OutputFile {
    std::string name; ///< in the folder; empty where the layout is one file
    Bytes bytes;
};
/// The files of a chain (store/chains.h: `chainOf`). `pem`: X.509 as PEM where the layout has a choice. Two of one role, or one that the
/// layout cannot do without and that is missing, are Input errors that name the role.
[[nodiscard]] Result<std::vector<OutputFile>> layOut(const Layout &layout, bool pem, std::span<const StoredCertificate> chain);

/// One certificate or list as PEM.
[[nodiscard]] std::string toPem(const StoredCertificate &certificate);

} // namespace kastellan::sev
