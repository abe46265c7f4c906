// SPDX-License-Identifier: Apache-2.0
#include "delivery.h"

#include "core/base/digest.h"

#include <algorithm>

namespace kastellan::loader {

Result<Prepared> prepare(const LaunchPlan &plan)
{
    if (plan.machine && plan.machine->request.whole)
        return Prepared{}; // nothing is delivered
    KASTELLAN_ASSIGN(Workload workload, loadWorkload(plan.workload));
    if (workload.moduleDigest != plan.workloadDigest)
        return badInput("launch the workload", plan.workload,
            "the module has changed since it was planned: sha256 " + toHex(workload.moduleDigest.view()) + " instead of "
                + toHex(plan.workloadDigest.view()),
            "Plan the launch again.");
    Prepared prepared;
    prepared.execution = "interpreter";
    if (plan.execution != "interpreter") {
        if (compilerAvailable()) {
            auto compiled = compileAhead(workload.module, workload.moduleDigest);
            if (compiled) {
                prepared.execution = "aot";
                prepared.compiled = std::move(*compiled);
            } else if (plan.execution == "aot") {
                return std::unexpected(std::move(compiled).error());
            } else {
                prepared.notes.push_back("runs in the interpreter: " + compiled.error().message());
            }
        } else if (plan.execution == "aot") {
            return environment("compile the module ahead of time", plan.workload, "the wasmedge compiler is not installed on this machine",
                "Install it, or launch with --interpreter.");
        }
    }
    prepared.module = std::move(workload.module);
    return prepared;
}

Result<Parcel> pack(const LaunchPlan &plan, Prepared &prepared, std::vector<Secret> secrets)
{
    Parcel parcel;
    std::vector<DeliveryItem> items;
    items.push_back({"module", prepared.module.size(), plan.workloadDigest, {}});
    parcel.blobs.push_back({"module", std::move(prepared.module), {}});
    if (prepared.compiled) {
        std::error_code code;
        const auto size = std::filesystem::file_size(prepared.compiled->file, code);
        if (code)
            return environment("read the compiled module", prepared.compiled->file.string(), code.message());
        items.push_back({"module.aot", size, prepared.compiled->digest, prepared.compiled->note});
        parcel.blobs.push_back({"module.aot", {}, prepared.compiled->file.string()});
    }
    items.push_back({"configuration", plan.configuration.size(), sha256(asBytes(plan.configuration)), {}});
    parcel.blobs.push_back({"configuration", toBytes(std::string_view(plan.configuration)), {}});

    const auto key = randomFixed<Sha256>();
    for (auto &secret : secrets) {
        if (std::ranges::find(plan.secretNames, secret.name) == plan.secretNames.end())
            return badInput("deliver a secret", secret.name, "the plan does not name it");
        items.push_back({"secret:" + secret.name, secret.value.size(), hmacSha256(key.view(), {secret.value}), {}});
        parcel.blobs.push_back({"secret:" + secret.name, std::move(secret.value), {}});
    }
    parcel.blobs.push_back({"secret.key", toBytes(key.view()), {}});
    parcel.manifest = canonicalManifest(items);
    return parcel;
}

} // namespace kastellan::loader
