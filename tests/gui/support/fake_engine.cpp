// SPDX-License-Identifier: Apache-2.0
#include "tests/gui/support/fake_engine.h"

#include "core/base/digest.h"
#include "core/base/file.h"
#include "tests/gui/support/fake_keep_client.h"
#include "tests/gui/support/host_samples.h"

#include <algorithm>

namespace kastellan::test {

namespace {

class FakeBackend : public EvidenceBackend {
public:
    std::vector<Finding> appraise(const Evidence &, const ReferenceValues &, std::int64_t) const override { return {}; }
    Result<EvidenceView> describe(const Evidence &evidence) const override
    {
        if (evidence.report.empty())
            return badInput("read the report", {}, "it is empty");
        return sampleView();
    }
    Recognised recognise(std::span<const InputFile>, const EndorsementPool *) const override { return {}; }
    std::shared_ptr<const EndorsementPool> pool(std::span<const InputFile>, Recognised *) const override { return nullptr; }
};

} // namespace

class FakeEngine::Store : public RecordStore {
public:
    explicit Store(std::shared_ptr<FakeEngine> engine)
        : m_engine(std::move(engine))
    {
    }
    Result<std::string> append(const Record &record) override
    {
        const std::scoped_lock lock(m_engine->m_mutex);
        return m_engine->store(record);
    }
    Result<Record> get(std::string_view id) override
    {
        const std::scoped_lock lock(m_engine->m_mutex);
        for (const Record &record : m_engine->m_state->records)
            if (record.id == id)
                return record;
        return badInput("find the record", std::string(id), "no record has this name");
    }
    Result<std::vector<RecordSummary>> list(std::string_view keep, std::size_t limit, std::size_t) override
    {
        if (const auto error = m_engine->failure("list"))
            return std::unexpected(*error);
        const std::scoped_lock lock(m_engine->m_mutex);
        std::vector<RecordSummary> all;
        for (const Record &record : m_engine->m_state->records)
            if (keep.empty() || record.keep == keep)
                all.push_back({record.id, record.keep, record.keepName, record.host, record.kind,
                    std::string(name(record.appraisal.verdict)), record.created, record.appraisal.emulated});
        std::ranges::reverse(all);
        all.resize(std::min(all.size(), limit));
        return all;
    }
    Result<std::vector<std::string>> check(std::size_t *) override { return std::vector<std::string>{}; }
    Status logActivity(const ActivityEntry &entry) override
    {
        const std::scoped_lock lock(m_engine->m_mutex);
        m_engine->m_state->activity.insert(m_engine->m_state->activity.begin(), entry);
        return {};
    }
    Result<std::vector<ActivityEntry>> activity(std::size_t) override
    {
        const std::scoped_lock lock(m_engine->m_mutex);
        return m_engine->m_state->activity;
    }
    Result<std::pair<Sha256, Bytes>> head() override { return std::pair<Sha256, Bytes>{}; }

private:
    std::shared_ptr<FakeEngine> m_engine;
};

std::shared_ptr<FakeEngine> FakeEngine::make()
{
    std::shared_ptr<FakeEngine> engine(new FakeEngine);
    HostInfo host;
    host.id = "emulated";
    host.name = "Emulated host";
    host.state = "ready";
    host.why = "Keeps run as sandboxed processes, attested by emulated firmware.";
    host.platform = "emulated Genoa, SEV-SNP 1.58";
    host.emulated = true;
    host.facts = {{"Firmware", "1.58.40"}, {"TCB", "bl 10, tee 0, snp 23, ucode 84"}, {"Root", samplePlan("x", 0).expected.root}};
    engine->addHost(host);
    HostInfo local;
    local.id = "local";
    local.name = "This computer";
    local.state = "not ready";
    local.why = "SEV is off, or its driver is not loaded: there is no /dev/sev.";
    local.remedy = "Turn on SEV-SNP in the BIOS, and load the module kvm_amd with sev_snp=1.";
    local.facts = {{"Processor", "AMD EPYC 9354"}, {"/dev/sev", "missing"}};
    engine->addHost(local);
    engine->setInspector("emulated", std::make_shared<FakeInspector>(readyHost("emulated", host.name, true)));
    engine->setPlatform("emulated", std::make_shared<FakePlatform>(samplePlatform("emulated", true), sampleActions()));
    engine->setInspector("local", std::make_shared<FakeInspector>(misconfiguredHost("local", local.name)));
    auto device = std::make_shared<FakePlatform>(samplePlatform("local", false), sampleActions());
    device->setUnreachable(true);
    engine->setPlatform("local", device);
    return engine;
}

FakeEngine::FakeEngine()
    : m_state(std::make_unique<State>())
{
    std::string pattern = (std::filesystem::temp_directory_path() / "kastellan-gui-XXXXXX").string();
    m_folder = ::mkdtemp(pattern.data());
}

FakeEngine::~FakeEngine()
{
    std::error_code ignored;
    std::filesystem::remove_all(m_folder, ignored);
}

std::optional<Error> FakeEngine::failure(const std::string &call)
{
    const std::scoped_lock lock(m_mutex);
    if (m_state->failing.erase(call) == 0)
        return {};
    return Error{
        ErrorKind::Environment, call + " the thing", "/some/where", "there is no space left on the disk", "Make room and try again"};
}

ui::Services FakeEngine::services()
{
    const auto self = shared_from_this();
    ui::Services services;
    services.hosts = m_state->hosts;
    services.backend = std::make_shared<FakeBackend>();
    services.openStore = [self]() -> Result<std::unique_ptr<RecordStore>> {
        if (const auto error = self->failure("store"))
            return std::unexpected(*error);
        return std::make_unique<Store>(self);
    };
    services.keeps.launch = [self](const LaunchPlan &plan, std::vector<Secret> secrets) -> Result<std::unique_ptr<KeepClient>> {
        if (const auto error = self->failure("launch"))
            return std::unexpected(*error);
        const std::string key = toHex(plan.id.view());
        std::unique_ptr<KeepClient> client;
        {
            const std::scoped_lock lock(self->m_mutex);
            for (const Secret &secret : secrets)
                self->m_state->secrets.push_back(secret.name + "=" + std::string(asText(secret.value)));
            KeepStatus status;
            status.plan = plan;
            status.emulated = true;
            status.loaderAlive = status.wardenAlive = true;
            status.timeline = {{KeepState::Planned, plan.created * 1000}};
            self->m_state->keeps.insert(self->m_state->keeps.begin(), status);
            client = std::make_unique<Client>(self, key);
        }
        self->proceed(key);
        return client;
    };
    services.keeps.connect = [self](const KeepId &id) -> Result<std::unique_ptr<KeepClient>> {
        if (const auto error = self->failure("connect"))
            return std::unexpected(*error);
        const KeepStatus status = self->keep(toHex(id.view()));
        if (!status.loaderAlive)
            return environment("reach the loader", {}, "no loader answers");
        const std::scoped_lock lock(self->m_mutex);
        return std::make_unique<Client>(self, toHex(id.view()));
    };
    services.keeps.list = [self](std::vector<Error> *problems) {
        if (const auto error = self->failure("keeps"); error && problems)
            problems->push_back(*error);
        const std::scoped_lock lock(self->m_mutex);
        return self->m_state->keeps;
    };
    services.keeps.recover = [self](const KeepId &id) -> Status {
        if (const auto error = self->failure("recover"))
            return std::unexpected(*error);
        const std::scoped_lock lock(self->m_mutex);
        self->m_state->calls.push_back("recover");
        for (KeepStatus &keep : self->m_state->keeps)
            if (keep.plan.id == id)
                keep.loaderAlive = true;
        return {};
    };
    services.keeps.remove = [self](const KeepId &id) -> Status {
        if (const auto error = self->failure("remove"))
            return std::unexpected(*error);
        const std::scoped_lock lock(self->m_mutex);
        self->m_state->calls.push_back("remove");
        std::erase_if(self->m_state->keeps, [&](const KeepStatus &keep) { return keep.plan.id == id; });
        return {};
    };
    services.keeps.logPath = [folder = m_folder](const KeepId &id) { return folder / (toHex(id.view()) + ".log"); };
    services.plan = [self](const LaunchRequest &request, Host &host, const Progress &progress, std::stop_token stop) -> Result<LaunchPlan> {
        if (const auto error = self->failure("plan"))
            return std::unexpected(*error);
        return makePlan(request, host, progress, std::move(stop));
    };
    services.certificates.list = [self](std::int64_t) -> Result<std::vector<KnownCertificate>> {
        if (const auto error = self->failure("certificates"))
            return std::unexpected(*error);
        const std::scoped_lock lock(self->m_mutex);
        return self->m_state->certificates;
    };
    services.certificates.import = [self](const std::vector<std::string> &paths) -> Result<ui::CertificateImport> {
        if (const auto error = self->failure("import"))
            return std::unexpected(*error);
        const std::scoped_lock lock(self->m_mutex);
        ui::CertificateImport done;
        for (const std::string &path : paths) {
            self->m_state->imported.push_back(path);
            if (path.ends_with(".txt")) {
                done.unknown.push_back({path, 0, "it is no certificate"});
                continue;
            }
            ++done.read;
            ++done.added;
            KnownCertificate made = sampleCertificate("vcek", "valid", 2'500'000'000);
            made.title = std::filesystem::path(path).filename();
            made.sha256 = toHex(sha256({asBytes(path)}).view());
            self->m_state->certificates.push_back(made);
        }
        return done;
    };
    services.certificates.chain = [](const std::string &) -> Result<Bytes> {
        return toBytes(std::string_view("-----BEGIN CERTIFICATE-----\n"));
    };
    services.certificates.reappraise = [self](const Record &record, std::int64_t) -> Result<Appraisal> {
        const std::scoped_lock lock(self->m_mutex);
        return self->m_state->today ? self->m_state->today(record) : record.appraisal;
    };
    services.hostList = hostList();
    services.machines = machines();
    services.performPlatform = [self](PlatformControl &platform, const ActionPlan &plan, const Progress &progress, std::stop_token stop,
                                   Status *) -> Result<ActionOutcome> {
        auto outcome = platform.perform(plan, progress, std::move(stop));
        const std::scoped_lock lock(self->m_mutex);
        self->m_state->activity.insert(self->m_state->activity.begin(),
            {0, "ada", "platform " + plan.action, platform.host(),
                outcome ? "done: " + outcome->summary : "failed: " + outcome.error().message()});
        return outcome;
    };
    services.examples = m_folder / "examples";
    return services;
}

void FakeEngine::addHost(HostInfo info)
{
    const std::scoped_lock lock(m_state->hosts->mutex);
    m_state->hosts->all.push_back(std::make_shared<FakeHost>(std::move(info)));
}

void FakeEngine::setInspector(const std::string &host, std::shared_ptr<FakeInspector> inspector)
{
    FakeHost &fake = m_state->hosts->fake(host);
    const std::scoped_lock lock(fake.mutex);
    fake.looks = std::move(inspector);
}

void FakeEngine::setPlatform(const std::string &host, std::shared_ptr<FakePlatform> platform)
{
    FakeHost &fake = m_state->hosts->fake(host);
    const std::scoped_lock lock(fake.mutex);
    fake.firmware = std::move(platform);
}

std::shared_ptr<FakeInspector> FakeEngine::inspector(const std::string &host) const
{
    return m_state->hosts->fake(host).looks;
}

std::shared_ptr<FakePlatform> FakeEngine::platform(const std::string &host) const
{
    return m_state->hosts->fake(host).firmware;
}

void FakeEngine::setCertificates(std::vector<KnownCertificate> certificates)
{
    const std::scoped_lock lock(m_mutex);
    m_state->certificates = std::move(certificates);
}

std::vector<std::string> FakeEngine::imported() const
{
    const std::scoped_lock lock(m_mutex);
    return m_state->imported;
}

void FakeEngine::setToday(std::function<Appraisal(const Record &)> today)
{
    const std::scoped_lock lock(m_mutex);
    m_state->today = std::move(today);
}

std::string FakeEngine::addRecord(const KeepStatus &keep, const std::string &kind, Verdict verdict)
{
    const std::scoped_lock lock(m_mutex);
    return store(sampleRecord(keep, kind, verdict));
}

/// From within the lock.
std::string FakeEngine::store(Record record)
{
    record.id = "r" + toHex(sha256({asBytes(std::to_string(++m_state->records_))}).view()).substr(0, 16);
    for (KeepStatus &known : m_state->keeps)
        if (toHex(known.plan.id.view()) == record.keep) {
            known.records.push_back(record.id);
            known.verdict = name(record.appraisal.verdict);
        }
    m_state->records.push_back(record);
    return record.id;
}

std::string FakeEngine::addKeep(KeepStatus status, const std::vector<std::pair<std::string, Verdict>> &records, const std::string &output)
{
    const std::string key = toHex(status.plan.id.view());
    {
        const std::scoped_lock lock(m_mutex);
        m_state->keeps.insert(m_state->keeps.begin(), status);
    }
    for (const auto &[kind, verdict] : records)
        addRecord(status, kind, verdict);
    if (!output.empty())
        writeOutput(key, output);
    return key;
}

void FakeEngine::setOutcome(Outcome outcome)
{
    const std::scoped_lock lock(m_mutex);
    m_state->outcome = outcome;
}

void FakeEngine::setFailure(std::string reason)
{
    const std::scoped_lock lock(m_mutex);
    m_state->failure = std::move(reason);
}

void FakeEngine::setAttested(Verdict verdict)
{
    const std::scoped_lock lock(m_mutex);
    m_state->attested = verdict;
}

Verdict FakeEngine::attested() const
{
    const std::scoped_lock lock(m_mutex);
    return m_state->attested;
}

void FakeEngine::setStubborn(bool stubborn)
{
    const std::scoped_lock lock(m_mutex);
    m_state->stubborn = stubborn;
}

void FakeEngine::holdBefore(KeepState state)
{
    const std::scoped_lock lock(m_mutex);
    m_state->hold = state;
}

void FakeEngine::release()
{
    std::string key;
    {
        const std::scoped_lock lock(m_mutex);
        m_state->hold.reset();
        key = std::exchange(m_state->held, {});
    }
    if (!key.empty())
        proceed(key);
}

void FakeEngine::failNext(const std::string &call)
{
    const std::scoped_lock lock(m_mutex);
    m_state->failing.insert(call);
}

std::string FakeEngine::input() const
{
    const std::scoped_lock lock(m_mutex);
    return m_state->input;
}

std::vector<std::string> FakeEngine::secrets() const
{
    const std::scoped_lock lock(m_mutex);
    return m_state->secrets;
}

std::vector<std::string> FakeEngine::calls() const
{
    const std::scoped_lock lock(m_mutex);
    return m_state->calls;
}

} // namespace kastellan::test
