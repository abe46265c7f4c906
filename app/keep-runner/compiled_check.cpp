// SPDX-License-Identifier: Apache-2.0
#include "app/keep-runner/compiled_check.h"

#include "core/workload/aot_note.h"

#include <wasmedge/wasmedge.h>

namespace kastellan::runner {

Status checkCompiled(std::string_view note, const Sha256 &module)
{
    KASTELLAN_ASSIGN(const AotNote parsed, AotNote::parse(note));
    return checkAotNote(parsed, module, WasmEdge_VersionGet());
}

} // namespace kastellan::runner
