// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kastellan::sev {

/// A failure that was recognised by its words, for a person.
struct Explained {
    std::string id; ///< dotted, stable: "launch.snp-start" (docs/hosts.md lists them)
    std::string what; ///< what failed, a short title: "SNP_LAUNCH_START was refused"
    std::string why; ///< the cause, in whole sentences
    std::string remedy; ///< what to change
    std::string source; ///< the issue or source that tells of it
    std::string said; ///< the line it was recognised by, at most 400 bytes, as it was
    bool operator==(const Explained &) const = default;
};

/// How much of a text is looked at, bytes (the end of it: that is where errors stand), and of each line.
inline constexpr std::size_t failureTextLimit = std::size_t{1} << 20, failureLineLimit = 4096;

/// What QEMU, libvirt, the firmware or the kernel meant. The most telling one where several are recognised; nothing where none is: then the
/// text itself has to be shown. Any bytes are allowed; the time is linear in the text.
[[nodiscard]] std::optional<Explained> explainFailure(std::string_view text);
/// All that are recognised, the most telling first, each id once; at most 8.
[[nodiscard]] std::vector<Explained> explainFailures(std::string_view text);

/// The same error with cause and remedy first and its own words below, whole. One that is not recognised stays as it is. `log`, what the
/// program wrote besides, is looked at too, and added below as its last lines.
[[nodiscard]] Error explained(Error error, std::string_view log = {});

/// One recognised failure, as the table holds it.
struct FailureRow {
    std::string_view id, what;
    /// Fragments that a line must hold, in this order, either case; '|' divides alternatives of the whole, '*' the fragments. All lower
    /// case.
    std::string_view pattern;
    std::string_view why, remedy, source;
};
/// All of them, the most telling first.
[[nodiscard]] std::span<const FailureRow> failureTable();

} // namespace kastellan::sev
