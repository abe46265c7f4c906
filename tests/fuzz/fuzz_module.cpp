// SPDX-License-Identifier: Apache-2.0
// Any bytes as a module: what is admitted was inspected without an error, and every error says where.
#include "core/workload/workload.h"

#include <cstdlib>

using namespace kastellan;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const ByteView module(data, size);
    const auto info = inspectModule(module);
    const auto admitted = admitModule(module, "module.wasm");
    if (!info && (info.error().where.empty() || info.error().why.empty() || admitted))
        std::abort();
    if (admitted && (!admitted->hasStart || !admitted->nativeCode.empty()))
        std::abort();
    return 0;
}
