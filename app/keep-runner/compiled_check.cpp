// SPDX-License-Identifier: Apache-2.0
#include "app/keep-runner/compiled_check.h"

#include <wasmedge/wasmedge.h>

namespace kastellan::runner {
namespace {

constexpr const char *what = "run the ahead-of-time code";

std::string_view field(std::string_view note, std::string_view name)
{
    while (!note.empty()) {
        const std::string_view word = note.substr(0, note.find(' '));
        if (word.starts_with(name) && word.size() > name.size() && word[name.size()] == '=')
            return word.substr(name.size() + 1);
        note.remove_prefix(std::min(note.size(), word.size() + 1));
    }
    return {};
}

} // namespace

Status checkCompiled(std::string_view note, const Sha256 &module)
{
    const std::string_view of = field(note, "module");
    const std::string_view runtime = field(note, "wasmedge");
    const std::string_view baseline = field(note, "baseline");
    if (of != toHex(module.view()))
        return fail(ErrorKind::Negative, what, "module", "it was made for the module " + std::string(of) + ", and this is " + toHex(module.view()), "Compile it again.");
    if (runtime != WasmEdge_VersionGet())
        return fail(ErrorKind::Negative, what, "WasmEdge", "it was made for version " + std::string(runtime) + ", and this is " + WasmEdge_VersionGet(), "Compile it again.");
    if (baseline != "x86-64")
        return fail(ErrorKind::Negative, what, "processor", "it was made for " + std::string(baseline), "Compile it for the generic baseline x86-64.");
    return {};
}

} // namespace kastellan::runner
