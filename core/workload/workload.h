// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "core/workload/delivery.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kastellan {

inline constexpr std::uint64_t moduleSizeLimit = 100'000'000; ///< bytes of a module or a package; Enarx's limit too
inline constexpr std::uint64_t compiledSizeLimit = 512ull << 20; ///< bytes of ahead-of-time code
inline constexpr std::uint64_t configurationSizeLimit = 1ull << 20; ///< bytes of Keep.toml, Enarx.toml and of each secret
inline constexpr std::uint64_t wasmPage = 65536;

/// Keep.toml, complete (design: Keep.toml). Unknown keys are refused with line and nearest valid key.
struct KeepConfig {
    enum class Stream { Inherit, Null };
    std::vector<std::string> args;
    std::map<std::string, std::string> env;
    Stream stdin_ = Stream::Inherit, stdout_ = Stream::Inherit, stderr_ = Stream::Inherit;
    std::vector<std::string> secrets;
    std::uint64_t memoryLimit = 256ull << 20; ///< bytes
    std::uint64_t timeLimit = 0; ///< seconds, 0 none
    std::uint64_t outputLimit = 0; ///< bytes, 0 none
    std::map<std::string, std::string> expect; ///< "digest", "min_tcb.snp", "host"…: reference values, by key
    unsigned reattestSeconds = 0;
    bool stopOnFailedAttestation = false;
    bool operator==(const KeepConfig &) const = default;
};

/// What was found at a path: a module, with its configuration if there was one.
struct Workload {
    std::filesystem::path path; ///< as given, absolute
    std::string name;
    Bytes module; ///< main.wasm
    Sha256 moduleDigest;
    KeepConfig config;
    std::string configText; ///< as it lay there; empty if none
    std::string configFile; ///< its path, for error messages
    std::vector<std::string> notes; ///< e.g. "Enarx.toml read with Enarx's defaults"
};

/// Reads a .wasm file, a folder or a .tar/.zip package with main.wasm and Keep.toml or Enarx.toml. Refuses, by name and line or offset,
/// what cannot be run: over 100 MB, no _start, native code inside, sockets…
[[nodiscard]] Result<Workload> loadWorkload(const std::filesystem::path &path);
/// `file` is for messages.
[[nodiscard]] Result<KeepConfig> parseKeepToml(std::string_view text, std::string_view file);
[[nodiscard]] Result<KeepConfig> parseEnarxToml(std::string_view text, std::string_view file);
/// What parseKeepToml checks of values, for a configuration that was changed afterwards (arguments from a command line): no NUL, valid
/// UTF-8, names of secrets and variables, limits in range. Names the value.
[[nodiscard]] Status checkConfig(const KeepConfig &config);
/// Letters, digits, '_', '-' and '.', not first; at most 64: it becomes a file name in the keep.
[[nodiscard]] bool isSecretName(std::string_view name);
/// The canonical Keep.toml text of a configuration that passes checkConfig: same configuration, same bytes, and parseKeepToml reads it
/// back.
[[nodiscard]] std::string toToml(const KeepConfig &config);

/// What a module says of itself.
struct ModuleInfo {
    bool hasStart = false; ///< exports a function `_start` that takes and returns nothing
    std::vector<std::pair<std::string, std::string>> imports; ///< module, name
    std::vector<std::string> exports, customSections;
    std::string nativeCode; ///< where compiled code lies in it: "custom section 'wasmedge' at offset 0x1c"; empty if nowhere
};
/// Walks the sections (WebAssembly core 1.0/2.0 binary format, and the sections of later proposals); every error names the offset.
[[nodiscard]] Result<ModuleInfo> inspectModule(ByteView module);
/// Inspects a module and refuses what no keep runs: over 100 MB, native code, no `_start`, imports of anything but WASI preview 1.
/// `file` is for messages.
[[nodiscard]] Result<ModuleInfo> admitModule(ByteView module, std::string_view file);

/// Ahead-of-time code for a module, compiled on this (the owner's) machine in a sandbox, cached by module digest, compiler version, flags
/// and CPU baseline, authenticated with a key of this user.
struct CompiledModule {
    std::filesystem::path file;
    Sha256 digest;
    std::string note;
    bool cached = false;
};
[[nodiscard]] bool compilerAvailable();
[[nodiscard]] Result<CompiledModule> compileAhead(ByteView module, const Sha256 &digest);

} // namespace kastellan
