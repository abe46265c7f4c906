// SPDX-License-Identifier: Apache-2.0
#include "app/keep-runner/module_run.h"

#include "app/keep-runner/confinement.h"
#include "core/base/free_with.h"
#include "core/workload/aot_note.h"
#include "core/workload/workload.h"

#include <wasmedge/wasmedge.h>

#include <algorithm>
#include <memory>

namespace kastellan::runner {
namespace {

using session::RunEvent;
using session::RunRequest;

using Configure = std::unique_ptr<WasmEdge_ConfigureContext, FreeWith<WasmEdge_ConfigureDelete>>;
using Vm = std::unique_ptr<WasmEdge_VMContext, FreeWith<WasmEdge_VMDelete>>;

std::vector<const char *> pointers(const std::vector<std::string> &texts)
{
    std::vector<const char *> list;
    for (const auto &text : texts)
        list.push_back(text.c_str());
    return list;
}

RunEvent failed(std::string why)
{
    return {RunEvent::Kind::Failed, 0, std::move(why)};
}

// Made from this module, for this runtime, for a processor like this one: nothing falls back to another mode.
Status checkCompiled(const RunRequest &request)
{
    KASTELLAN_ASSIGN(const AotNote note, AotNote::parse(request.note));
    return checkAotNote(note, request.moduleDigest, WasmEdge_VersionGet());
}

std::string message(const WasmEdge_Result &result)
{
    return WasmEdge_ResultGetMessage(result);
}

bool hasStart(const WasmEdge_VMContext *vm)
{
    const WasmEdge_String name = WasmEdge_StringWrap("_start", 6);
    const auto *type = WasmEdge_VMGetFunctionType(vm, name);
    return type && WasmEdge_FunctionTypeGetParametersLength(type) == 0 && WasmEdge_FunctionTypeGetReturnsLength(type) == 0;
}

} // namespace

RunEvent runModule(const RunRequest &request, const std::function<void()> &started)
{
    // Its messages would go to the module's own output.
    WasmEdge_LogOff();
    if (request.compiled)
        if (auto status = checkCompiled(request); !status)
            return failed(status.error().message());
    if (auto status = confineLoading(request.compiled, request.memoryLimit); !status)
        return failed(status.error().message());

    const Configure configure(WasmEdge_ConfigureCreate());
    WasmEdge_ConfigureAddHostRegistration(configure.get(), WasmEdge_HostRegistration_Wasi);
    WasmEdge_ConfigureSetMaxMemoryPage(
        configure.get(), static_cast<std::uint32_t>(std::min<std::uint64_t>(request.memoryLimit / wasmPage, 65536)));
    WasmEdge_ConfigureSetForceInterpreter(configure.get(), !request.compiled);
    const Vm vm(WasmEdge_VMCreate(configure.get(), nullptr));
    if (!vm)
        return failed("WasmEdge could not be set up");
    std::vector<std::string> args{"main.wasm"};
    args.insert(args.end(), request.args.begin(), request.args.end());
    std::vector<std::string> folders;
    if (!request.secrets.empty())
        folders.push_back("/secrets:" + request.secrets + ":readonly");
    const auto argv = pointers(args), env = pointers(request.env), preopens = pointers(folders);
    WasmEdge_ModuleInstanceContext *wasi = WasmEdge_VMGetImportModuleContext(vm.get(), WasmEdge_HostRegistration_Wasi);
    WasmEdge_ModuleInstanceInitWASI(wasi, argv.data(), static_cast<std::uint32_t>(argv.size()), env.data(),
        static_cast<std::uint32_t>(env.size()), preopens.data(), static_cast<std::uint32_t>(preopens.size()));

    WasmEdge_Result result = WasmEdge_VMLoadWasmFromFile(vm.get(), request.module.c_str());
    if (!WasmEdge_ResultOK(result))
        return failed("the module cannot be loaded: " + message(result));
    result = WasmEdge_VMValidate(vm.get());
    if (!WasmEdge_ResultOK(result))
        return failed("the module is not valid: " + message(result));
    result = WasmEdge_VMInstantiate(vm.get());
    if (!WasmEdge_ResultOK(result))
        return failed(
            "the module cannot be instantiated: " + message(result) + "; its imports or its memory may exceed what the keep offers");
    if (!hasStart(vm.get()))
        return failed("the module exports no function _start");
    if (auto status = confineRunning(request.secrets); !status)
        return failed(status.error().message());
    started();

    result = WasmEdge_VMExecute(vm.get(), WasmEdge_StringWrap("_start", 6), nullptr, 0, nullptr, 0);
    if (WasmEdge_ResultOK(result) || WasmEdge_ResultGetCode(result) == WasmEdge_ErrCode_Terminated)
        return {RunEvent::Kind::Exited, WasmEdge_ModuleInstanceWASIGetExitCode(wasi), {}};
    return {RunEvent::Kind::Trapped, 0, message(result)};
}

} // namespace kastellan::runner
