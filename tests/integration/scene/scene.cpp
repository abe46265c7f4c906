// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/scene/scene.h"

#include "app/backends/backends.h"
#include "core/base/file.h"
#include "core/storage/record_store.h"
#include "tests/integration/scene/processes.h"
#include "tests/support/emulated_identity.h"

#include <csignal>

namespace kastellan::test {
namespace fs = std::filesystem;
namespace {

fs::path buildFolder()
{
    const char *value = std::getenv("KASTELLAN_BUILD");
    return value && *value ? fs::path(value) : programFolder().parent_path().parent_path();
}

} // namespace

fs::path workloadFolder()
{
    return buildFolder() / "tests" / "workloads";
}

fs::path keepImageFolder()
{
    return buildFolder() / "share" / "kastellan" / "keep-image";
}

Scene::Scene()
    : m_mounts(ownMounts())
{
    ::setenv("KASTELLAN_KEEP_IMAGE", keepImageFolder().c_str(), 1);
    ::setenv("XDG_CACHE_HOME", (m_data.path() / "cache").c_str(), 1);
    giveEmulatedIdentity(m_data.data());
}

Scene::~Scene()
{
    killAll();
    // A loader that was killed beside its keep, or that was just stopped, still writes into the folder that goes now.
    (void)leftovers();
}

Result<LaunchPlan> Scene::plan(const Wanted &wanted)
{
    const fs::path folder = m_data.path() / ("workload-" + std::to_string(m_keeps.size()) + "-" + wanted.module);
    fs::create_directories(folder);
    std::error_code code;
    fs::copy_file(workloadFolder() / (wanted.module + ".wasm"), folder / "main.wasm", fs::copy_options::overwrite_existing, code);
    if (code)
        return environment("copy a workload of the tests", wanted.module, code.message());
    std::string toml = wanted.toml;
    if (toml.empty() && !wanted.secrets.empty()) {
        toml = "secrets = [";
        for (const auto &[name, value] : wanted.secrets)
            toml += "\"" + name + "\", ";
        toml += "]\n";
    }
    if (!toml.empty())
        KASTELLAN_TRY(writeFileAtomically(folder / "Keep.toml", asBytes(toml)));

    const auto hosts = makeHosts();
    KASTELLAN_ASSIGN(const auto host, hosts->find("emulated"));
    LaunchRequest request;
    request.workload = folder;
    request.name = wanted.module;
    request.args = wanted.args;
    request.execution = wanted.execution;
    for (const auto &[name, value] : wanted.secrets)
        request.secretNames.push_back(name);
    KASTELLAN_ASSIGN(LaunchPlan plan, makePlan(request, *host));
    if (wanted.change)
        wanted.change(plan);
    return plan;
}

std::unique_ptr<Watch> Scene::launch(const Wanted &wanted)
{
    const auto planned = plan(wanted);
    if (!planned) {
        m_problem = planned.error().message();
        return nullptr;
    }
    return launch(*planned, wanted.secrets);
}

std::unique_ptr<Watch> Scene::launch(const LaunchPlan &plan, const std::map<std::string, std::string> &secrets)
{
    std::vector<Secret> given;
    for (const auto &[name, value] : secrets)
        given.emplace_back(name, toBytes(std::string_view(value)));
    auto client = keeps::launch(plan, std::move(given));
    if (!client) {
        m_problem = client.error().message();
        return nullptr;
    }
    m_keeps.push_back(plan.id);
    return std::make_unique<Watch>(plan.id, std::move(*client));
}

std::vector<Record> Scene::records(const KeepId &keep)
{
    std::vector<Record> found;
    auto store = RecordStore::open();
    if (!store)
        return found;
    const auto summaries = (*store)->list(toHex(keep.view()));
    if (!summaries)
        return found;
    for (auto it = summaries->rbegin(); it != summaries->rend(); ++it)
        if (auto record = (*store)->get(it->id))
            found.push_back(std::move(*record));
    return found;
}

void Scene::killAll()
{
    for (const auto &id : m_keeps) {
        const auto status = keeps::status(id);
        if (!status)
            continue;
        if (status->loaderAlive)
            ::kill(static_cast<pid_t>(status->loaderPid), SIGKILL);
        if (status->wardenAlive)
            ::kill(static_cast<pid_t>(status->wardenPid), SIGKILL);
    }
}

void Scene::collectLeftovers(std::string &lines) const
{
    const fs::path run = m_data.path() / "run" / "kastellan";
    if (socketsBelow(run.string()))
        lines += "a socket below " + run.string() + " is still open\n";
    std::error_code code;
    for (const auto &entry : fs::directory_iterator(run, code))
        lines += "left in the runtime folder: " + entry.path().filename().string() + "\n";
    for (const auto &id : m_keeps) {
        for (const pid_t process : processesNaming(toHex(id.view())))
            lines += "process " + std::to_string(process) + ": " + statusOf(process)["Name"] + "\n";
        for (const auto &entry : fs::directory_iterator(keeps::folder(id), code)) {
            const std::string name = entry.path().filename().string();
            if (name == "guest.ctx" || name.starts_with('.') || name == "owner.pem")
                lines += "left in the keep's folder: " + name + "\n";
        }
    }
    if (ownMounts() != m_mounts)
        lines += "the mounts are not those from before\n";
}

std::string Scene::leftovers()
{
    std::string lines;
    eventually(
        [&] {
            lines.clear();
            collectLeftovers(lines);
            return lines.empty();
        },
        std::chrono::seconds(5));
    return lines;
}

} // namespace kastellan::test
