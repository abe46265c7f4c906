// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"
#include "core/evidence/finding.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kastellan {

/// Which platform a host was when it first proved itself: a host that suddenly is another machine is noticed.
struct HostPin {
    std::string host; ///< the host's id
    std::string identity; ///< in the backend's words: "chip:0123…" (EvidenceBackend::platformIdentity)
    std::int64_t since = 0; ///< Unix seconds
    bool operator==(const HostPin &) const = default;
};

/// The pins of this user, from pins.json in the data folder (0600, written whole or not at all); none when there is no file. A damaged
/// file, or one of a newer version, is an error: it never counts as none.
[[nodiscard]] Result<std::vector<HostPin>> hostPins();
[[nodiscard]] Result<std::optional<HostPin>> hostPin(std::string_view host);
/// Pins a host that has no pin yet. Yields the pin that holds now: the new one, or the one that was there.
[[nodiscard]] Result<HostPin> pinHostFirst(const HostPin &pin);
/// Pins a host, in place of what was pinned.
[[nodiscard]] Status pinHost(const HostPin &pin);
/// False when it was not pinned.
[[nodiscard]] Result<bool> unpinHost(std::string_view host);

/// The name that a host is pinned by. What one machine says of itself under SEV-SNP, under SEV without it ("cek:…"), and in a rehearsal has
/// nothing in common, so each has a pin of its own: "qemu:///system", "qemu:///system#sev", "qemu:///system#rehearsal". `root`: the one
/// that was accepted.
[[nodiscard]] std::string pinName(std::string_view host, std::string_view root, std::string_view identity);

/// The finding `platform.identity` (docs/appraisal.md). `identity` empty: the evidence does not say which platform it is from. Without a
/// pin it is information; a change fails, and is required.
[[nodiscard]] Finding identityFinding(std::string_view host, const Result<std::optional<HostPin>> &pin, std::string_view identity);

} // namespace kastellan
