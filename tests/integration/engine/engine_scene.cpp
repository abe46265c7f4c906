// SPDX-License-Identifier: Apache-2.0
#include "engine_scene.h"

#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/keys/keys.h"
#include "sev-backend/appraisal/backend.h"

#include <cstdlib>

namespace kastellan::test {
namespace {

using namespace std::chrono_literals;

/// A module with a memory and an empty _start.
const Bytes module = {0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x03, 0x02, 0x01, 0x00, 0x05,
    0x03, 0x01, 0x00, 0x01, 0x07, 0x13, 0x02, 0x06, 'm', 'e', 'm', 'o', 'r', 'y', 0x02, 0x00, 0x06, '_', 's', 't', 'a', 'r', 't', 0x00,
    0x00, 0x0a, 0x04, 0x01, 0x02, 0x00, 0x0b};

} // namespace

EngineScene::EngineScene(const DataFolder &folder, std::shared_ptr<MachineWorld> world, const std::string &technology)
    : m_world(std::move(world))
{
    plan.id = randomFixed<KeepId>();
    m_folder = folder.path() / toHex(plan.id.view()).substr(0, 12);
    std::filesystem::create_directories(m_folder);
    const auto file = m_folder / "module.wasm";
    auto key = keys::freshOwnerKey();
    if (!writeFileAtomically(file, module) || !key)
        std::abort();
    m_ownerKey = key->first;
    plan.name = "fake";
    plan.host = "qemu:///fake";
    plan.workload = file.string();
    plan.workloadDigest = sha256(module);
    plan.ownerKey = toHex(key->second.view());
    plan.execution = "interpreter";
    plan.policy = technology == "es" ? 0x0f : 0x0b;
    plan.expected.root = m_world->processor.rootFingerprint();
    plan.expected.vmpl = 0;
    plan.machine = MachinePlan{.request = {}, .technology = technology, .cpuModel = "EPYC-v4", .memoryMiB = 320, .domainXml = {}};
    plan.machine->request.unattested = technology == "none";
    if (technology != "none")
        plan.expected.shortLaunchDigest = LegacyMachine::digestOf(Bytes(4096, 0x42), static_cast<sev::legacy::Policy>(plan.policy));
    m_status.plan = plan;
}

void EngineScene::launch(const std::function<bool()> &until)
{
    m_status.plan = plan;
    if (!writeFileAtomically(m_folder / "owner.pem", asBytes(m_ownerKey)))
        std::abort();
    run(true, until);
}

void EngineScene::resume(const std::function<bool()> &until)
{
    run(false, until);
}

void EngineScene::run(bool launching, const std::function<bool()> &until)
{
    loader::PollLoop loop;
    loader::Engine *engine = nullptr;
    const auto look = [&](const std::string &told) {
        m_status = engine->status();
        if (onTold)
            onTold(*engine, told);
        if (until && until())
            loop.finish();
    };
    loader::Listener listener;
    listener.status = [&] { look(std::string(name(engine->status().state))); };
    listener.progress = [&](std::string_view doing, std::uint64_t, std::uint64_t) {
        progress.emplace_back(doing);
        look(std::string(doing));
    };
    listener.log = [&](std::uint64_t) {
        m_status = engine->status();
        if (until && until())
            loop.finish();
    };
    listener.appraisal = [](const Record &) {};
    listener.error = [](const Error &) {};
    listener.inputTaken = [] {};
    listener.use = [&](const RunningKeep::Use &use) {
        uses.push_back(use);
        look("use");
    };
    listener.ended = [&] { loop.post([&] { loop.finish(); }); };
    auto store = RecordStore::open(m_folder / "records.db");
    auto log = KeepLogWriter::open(m_folder / "log");
    if (!store || !log)
        std::abort();
    loader::Engine running(loop,
        {plan, m_folder, std::make_shared<FakeMachineHost>(m_world), sev::makeEvidenceBackend(), std::move(*store), std::move(*log),
            loader::StatusFile(m_folder / "state.json", m_status), m_ownerKey, complete},
        std::move(listener));
    engine = &running;
    post = [&loop, engine](std::function<void(loader::Engine &)> call) { loop.post([engine, call = std::move(call)] { call(*engine); }); };
    loop.post([&] {
        if (launching)
            running.launch(std::move(secrets));
        else
            running.resume();
    });
    loop.after("the test's patience", 40s, [&] {
        timedOut = true;
        loop.finish();
    });
    loop.run();
    post = {};
    m_status = running.status();
}

std::vector<Record> EngineScene::records() const
{
    std::vector<Record> all;
    auto store = RecordStore::open(m_folder / "records.db");
    if (!store)
        return all;
    for (const std::string &id : m_status.records)
        if (auto record = (*store)->get(id))
            all.push_back(std::move(*record));
    return all;
}

std::string EngineScene::logged(LogEntry::Stream stream) const
{
    std::string text;
    auto reader = KeepLogReader::open(m_folder / "log");
    for (; reader;) {
        const auto entry = reader->next();
        if (!entry || !*entry)
            break;
        if ((*entry)->stream == stream)
            text += std::string(asText((*entry)->data)) + (stream == LogEntry::Stream::Event ? "\n" : "");
    }
    return text;
}

std::string EngineScene::story() const
{
    return std::string(name(m_status.state)) + (timedOut ? " (the test's patience ended)" : "") + ": " + m_status.reason + "\n"
        + logged(LogEntry::Stream::Event);
}

} // namespace kastellan::test
