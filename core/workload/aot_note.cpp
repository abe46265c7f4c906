// SPDX-License-Identifier: Apache-2.0
#include "core/workload/aot_note.h"

#include "core/workload/text.h"

#include <algorithm>
#include <array>

namespace kastellan {
namespace {

constexpr std::string_view compiler = "wasmedge ";
constexpr std::string_view moduleWord = "module sha256:";

} // namespace

std::string AotNote::text() const
{
    return std::string(compiler) + version + "; " + flags + "; " + baseline + "; " + std::string(moduleWord) + toHex(module.view());
}

Result<AotNote> AotNote::parse(std::string_view text)
{
    const auto bad = [&] {
        return badInput("read the note of ahead-of-time code", {},
            "it is '" + workload::shown(text) + "', and not what this version of Kastellan writes",
            "Compile the module anew, or run it in the interpreter.");
    };
    std::array<std::string_view, 4> parts;
    std::string_view rest = text;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto at = i + 1 < parts.size() ? rest.find("; ") : rest.size();
        if (at == std::string_view::npos)
            return bad();
        parts[i] = rest.substr(0, at);
        rest.remove_prefix(std::min(at + 2, rest.size()));
    }
    if (!parts[0].starts_with(compiler) || !parts[3].starts_with(moduleWord))
        return bad();
    AotNote note;
    note.version = parts[0].substr(compiler.size());
    note.flags = parts[1];
    note.baseline = parts[2];
    const auto digest = fromHex(parts[3].substr(moduleWord.size()));
    if (!digest || digest->size() != Sha256::size)
        return bad();
    std::ranges::copy(*digest, note.module.bytes.begin());
    if (note.text() != text)
        return bad();
    return note;
}

bool processorHas([[maybe_unused]] std::string_view baseline)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (baseline == "x86-64-v3")
        return __builtin_cpu_supports("x86-64-v3");
#endif
    return false;
}

Status checkAotNote(const AotNote &note, const Sha256 &module, std::string_view runtimeVersion)
{
    const auto refuse = [](std::string why, std::string remedy) {
        return fail(ErrorKind::Negative, "run ahead-of-time code", {}, std::move(why), std::move(remedy));
    };
    if (note.module != module)
        return refuse("it was made from the module " + toHex(note.module.view()) + ", and this one is " + toHex(module.view()),
            "Compile this module.");
    if (note.version != runtimeVersion)
        return refuse("it was made by WasmEdge " + workload::shown(note.version) + ", and the keep runs " + workload::shown(runtimeVersion),
            "Use the compiler of the keep image's version, or the interpreter.");
    if (!processorHas(note.baseline))
        return refuse(
            "it needs a processor with " + workload::shown(note.baseline) + ", and this one is not", "Run the module in the interpreter.");
    return {};
}

} // namespace kastellan
