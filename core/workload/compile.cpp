// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/workload/aot_note.h"
#include "core/workload/baseline_shim.h"
#include "core/workload/compile_cache.h"
#include "core/workload/compile_sandbox.h"
#include "core/workload/text.h"
#include "core/workload/workload.h"

#include <array>
#include <cstdlib>

#include <sys/stat.h>
#include <unistd.h>

namespace kastellan {
namespace {

namespace fs = std::filesystem;
using workload::CompileCache;
using workload::runSandboxed;
using workload::SandboxedRun;
using workload::shown;

constexpr const char *what = "compile the module ahead of time";
constexpr const char *instead = "Launch with the interpreter: it runs every module, and needs no compiler.";
// Generic: tuned for no particular processor. What it may use of one is decided by the baseline.
constexpr const char *flags = "--generic-binary --optimize 2";
constexpr const char *heard = "kastellan: baseline x86-64-v3\n";

/// A folder that is gone when this is.
struct TemporaryFolder {
    fs::path path;
    explicit TemporaryFolder(fs::path where)
        : path(std::move(where))
    {
    }
    TemporaryFolder(const TemporaryFolder &) = delete;
    TemporaryFolder &operator=(const TemporaryFolder &) = delete;
    ~TemporaryFolder()
    {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
};

/// The compiler on the PATH; empty if there is none. Relative folders on the PATH are not looked into.
fs::path findCompiler()
{
    const char *value = std::getenv("PATH");
    std::string_view rest = value ? value : "/usr/local/bin:/usr/bin:/bin";
    while (!rest.empty()) {
        const auto end = std::min(rest.find(':'), rest.size());
        const fs::path candidate = fs::path(rest.substr(0, end)) / "wasmedge";
        rest.remove_prefix(std::min(end + 1, rest.size()));
        struct stat status{};
        if (candidate.is_absolute() && ::stat(candidate.c_str(), &status) == 0 && S_ISREG(status.st_mode)
            && ::access(candidate.c_str(), X_OK) == 0)
            return candidate;
    }
    return {};
}

Status putShim(const fs::path &folder)
{
    return writeFileAtomically(folder / "baseline.so", workload::baselineShim(), 0600);
}

/// What the compiler says of its version: one start of it, remembered as long as the program is the same file.
Result<std::string> compilerVersion(const fs::path &compiler, const CompileCache &cache)
{
    struct stat status{};
    std::error_code code;
    const fs::path real = fs::canonical(compiler, code);
    if (code || ::stat(real.c_str(), &status) != 0)
        return environment(what, compiler.string(), "the compiler is gone", instead);
    std::string identity = "version of " + real.string();
    for (const auto number :
        {static_cast<long long>(status.st_dev), static_cast<long long>(status.st_ino), static_cast<long long>(status.st_size),
            static_cast<long long>(status.st_mtim.tv_sec), static_cast<long long>(status.st_mtim.tv_nsec),
            static_cast<long long>(status.st_ctim.tv_sec), static_cast<long long>(status.st_ctim.tv_nsec)})
        identity += " " + std::to_string(number);
    if (auto known = cache.remembered(identity))
        return std::move(*known);

    KASTELLAN_ASSIGN(const fs::path path, cache.workFolder());
    const TemporaryFolder folder(path);
    KASTELLAN_ASSIGN(const auto end,
        runSandboxed(
            {.program = real, .arguments = {"--version"}, .folder = folder.path, .preload = {}, .timeLimit = std::chrono::seconds(60)}));
    constexpr std::string_view word = "wasmedge version ";
    const auto at = end.output.find(word);
    if (end.bySignal || end.code != 0 || at == std::string::npos)
        return environment(what, compiler.string(), "it does not say its version: " + shown(end.output, 300), instead);
    const std::string version = end.output.substr(at + word.size(), end.output.find_first_of(" \r\n", at + word.size()) - at - word.size());
    if (version.empty() || version.size() > 64 || shown(version) != version || version.find(';') != std::string::npos)
        return environment(what, compiler.string(), "its version is '" + shown(version) + "'", instead);
    cache.remember(identity, version);
    return version;
}

std::string reason(const workload::SandboxedEnd &end)
{
    std::string last = end.output;
    while (last.ends_with('\n'))
        last.pop_back();
    last = last.substr(last.rfind('\n') + 1);
    const std::string said = last.empty() ? "" : ": " + shown(last, 300);
    if (end.timedOut)
        return "the compiler took longer than ten minutes";
    if (end.bySignal)
        return "the compiler was ended by signal " + std::to_string(end.code) + said;
    return "the compiler gave up with status " + std::to_string(end.code) + said;
}

Result<Bytes> compile(const fs::path &compiler, ByteView module, const CompileCache &cache)
{
    KASTELLAN_ASSIGN(const fs::path path, cache.workFolder());
    const TemporaryFolder folder(path);
    KASTELLAN_TRY(putShim(folder.path));
    KASTELLAN_TRY(writeFileAtomically(folder.path / "module.wasm", module, 0600));
    SandboxedRun run{.program = compiler,
        .arguments = {"compile", "--generic-binary", "--optimize", "2", "module.wasm", "module.so"},
        .folder = folder.path,
        .preload = folder.path / "baseline.so"};
    run.fileLimit = compiledSizeLimit;
    KASTELLAN_ASSIGN(const auto end, runSandboxed(run));
    if (end.timedOut || end.bySignal || end.code != 0)
        return environment(what, compiler.string(), reason(end), instead);
    if (end.output.find(heard) == std::string::npos)
        return environment(what, compiler.string(),
            "the compiler did not ask which processor it compiles for, so nobody knows what its code needs", instead);
    struct stat status{};
    const fs::path result = folder.path / "module.so";
    if (::lstat(result.c_str(), &status) != 0 || !S_ISREG(status.st_mode))
        return environment(what, compiler.string(), "the compiler wrote no code: " + shown(end.output, 300), instead);
    KASTELLAN_ASSIGN(Bytes code, readFile(result, compiledSizeLimit));
    if (!asText(code).starts_with("\x7f"
                                  "ELF"))
        return environment(what, compiler.string(), "what the compiler wrote is no native library", instead);
    return code;
}

} // namespace

bool compilerAvailable()
{
#if defined(__x86_64__)
    return !findCompiler().empty();
#else
    return false; // no baseline is known for other processors
#endif
}

Result<CompiledModule> compileAhead(ByteView module, const Sha256 &digest)
{
    if (sha256(module) != digest)
        return fail(ErrorKind::Internal, what, {}, "the digest is not that of the module");
    const fs::path found = compilerAvailable() ? findCompiler() : fs::path();
    if (found.empty())
        return environment(what, {}, "there is no wasmedge on the PATH", "Install WasmEdge, or launch with the interpreter.");
    std::error_code code;
    const fs::path compiler = fs::canonical(found, code);
    if (code)
        return environment(what, found.string(), code.message(), instead);
    KASTELLAN_ASSIGN(const CompileCache cache, CompileCache::open());
    KASTELLAN_ASSIGN(const std::string version, compilerVersion(compiler, cache));
    const std::string note = AotNote{version, flags, std::string(aotBaseline), digest}.text();

    if (auto entry = cache.find(note))
        return CompiledModule{entry->file, entry->digest, note, true};
    KASTELLAN_ASSIGN(const Fd lock, cache.lock(note));
    if (auto entry = cache.find(note)) // somebody else was faster
        return CompiledModule{entry->file, entry->digest, note, true};
    KASTELLAN_ASSIGN(const Bytes native, compile(compiler, module, cache));
    KASTELLAN_ASSIGN(const auto entry, cache.store(note, native));
    cache.prune();
    return CompiledModule{entry.file, entry.digest, note, false};
}

} // namespace kastellan
