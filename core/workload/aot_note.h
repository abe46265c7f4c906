// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <string>
#include <string_view>

namespace kastellan {

/// What ahead-of-time code was made from and by: the note of "module.aot" in a delivery manifest (docs/workloads.md).
struct AotNote {
    std::string version; ///< of WasmEdge: "0.14.1"
    std::string flags; ///< of its compiler: "--generic-binary --optimize 2"
    std::string baseline; ///< what a processor must have: "x86-64-v3"
    Sha256 module; ///< of the WebAssembly module

    /// "wasmedge VERSION; FLAGS; BASELINE; module sha256:HEX".
    [[nodiscard]] std::string text() const;
    [[nodiscard]] static Result<AotNote> parse(std::string_view text);
    bool operator==(const AotNote &) const = default;
};

/// The baseline that code is compiled for: every processor with SEV-SNP has it (AVX2, BMI2, FMA…; x86-64 psABI, micro-architecture levels).
inline constexpr std::string_view aotBaseline = "x86-64-v3";
/// Whether this processor has all of a baseline. False for one that is not known.
[[nodiscard]] bool processorHas(std::string_view baseline);
/// What a runner has to check before it runs the code: made from this module, for a runtime of this version, for a processor like this one.
/// A mismatch is a Negative error: nothing falls back silently.
[[nodiscard]] Status checkAotNote(const AotNote &note, const Sha256 &module, std::string_view runtimeVersion);

} // namespace kastellan
