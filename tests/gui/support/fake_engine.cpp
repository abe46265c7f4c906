// SPDX-License-Identifier: Apache-2.0
#include "tests/gui/support/fake_engine.h"

#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/logs/keep_log.h"
#include "tests/gui/support/host_samples.h"

#include <QtLogging>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include <sys/eventfd.h>

namespace kastellan::test {

namespace {

class FakeHost : public Host {
public:
    explicit FakeHost(HostInfo info)
        : m_info(std::move(info))
    {
    }
    HostInfo info() const override { return m_info; }
    Status prepare(LaunchPlan &plan, const Progress &progress, std::stop_token) override
    {
        progress("measuring the keep image", 1, 2);
        const LaunchPlan sample = samplePlan(plan.name, 0);
        plan.protection = sample.protection;
        plan.image = sample.image;
        const auto expected = plan.expected.launchDigest;
        plan.expected.root = sample.expected.root;
        plan.expected.launchDigest = expected ? expected : sample.expected.launchDigest;
        return {};
    }
    Result<std::unique_ptr<RunningKeep>> start(const LaunchPlan &, const std::string &, const Progress &, std::stop_token) override
    {
        return fail(ErrorKind::Internal, "start a keep", {}, "the windows never start one themselves");
    }
    Result<std::unique_ptr<RunningKeep>> resume(const KeepStatus &, const std::string &) override
    {
        return fail(ErrorKind::Internal, "resume a keep", {}, "the windows never do that themselves");
    }

    std::shared_ptr<HostInspector> inspector() override
    {
        const std::scoped_lock lock(mutex);
        return looks;
    }
    std::shared_ptr<PlatformControl> platform() override
    {
        const std::scoped_lock lock(mutex);
        return firmware;
    }
    std::mutex mutex;
    std::shared_ptr<FakeInspector> looks;
    std::shared_ptr<FakePlatform> firmware;

private:
    HostInfo m_info;
};

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

class FakeEngine::Hosts : public HostRegistry {
public:
    std::vector<std::shared_ptr<Host>> hosts() const override
    {
        const std::scoped_lock lock(mutex);
        return all;
    }
    Result<std::shared_ptr<Host>> find(std::string_view id) const override
    {
        const std::scoped_lock lock(mutex);
        for (const auto &host : all)
            if (host->info().id == id)
                return host;
        return badInput("find the host", std::string(id), "no host has this name");
    }
    mutable std::mutex mutex;
    FakeHost &fake(const std::string &id) const
    {
        const auto found = find(id);
        if (!found)
            throw std::runtime_error(found.error().message());
        return static_cast<FakeHost &>(**found);
    }
    std::vector<std::shared_ptr<Host>> all;
};

struct FakeEngine::State {
    std::shared_ptr<Hosts> hosts = std::make_shared<Hosts>();
    std::vector<KeepStatus> keeps; ///< newest first
    std::vector<Record> records; ///< oldest first
    std::vector<ActivityEntry> activity;
    std::map<std::string, std::vector<std::pair<Client *, std::deque<KeepEvent> *>>> clients;
    std::map<std::string, std::unique_ptr<KeepLogWriter>> logs;
    std::set<std::string> failing;
    std::vector<std::string> secrets, calls, imported;
    std::vector<KnownCertificate> certificates;
    std::function<Appraisal(const Record &)> today;
    std::string input;
    Outcome outcome = Outcome::Ends;
    std::optional<KeepState> hold;
    std::string held;
    unsigned records_ = 0;
};

/// A connection: events wait in a queue, and an event descriptor says that they do.
class FakeEngine::Client : public KeepClient {
public:
    Client(std::shared_ptr<FakeEngine> engine, std::string key)
        : m_engine(std::move(engine))
        , m_key(std::move(key))
        , m_signal(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))
    {
        m_engine->m_state->clients[m_key].emplace_back(this, &m_events);
    }
    ~Client() override
    {
        if (m_polling)
            qFatal("the connection was let go of while it was being read");
        const std::scoped_lock lock(m_engine->m_mutex);
        std::erase_if(m_engine->m_state->clients[m_key], [&](const auto &entry) { return entry.first == this; });
    }
    int fd() const override { return m_signal.get(); }
    void poll(const std::function<void(const KeepEvent &)> &call) override
    {
        std::deque<KeepEvent> events;
        {
            const std::scoped_lock lock(m_engine->m_mutex);
            std::uint64_t count = 0;
            (void)!::read(m_signal.get(), &count, sizeof count);
            events.swap(m_events);
        }
        m_polling = true;
        for (const KeepEvent &event : events)
            call(event);
        m_polling = false;
    }
    Status sendInput(ByteView data) override
    {
        {
            const std::scoped_lock lock(m_engine->m_mutex);
            m_engine->m_state->input += asText(data);
        }
        m_engine->writeOutput(m_key, "echo: " + std::string(asText(data)));
        return {};
    }
    Status closeInput() override
    {
        const std::scoped_lock lock(m_engine->m_mutex);
        m_engine->m_state->calls.push_back("closeInput");
        return {};
    }
    Status stop(unsigned) override
    {
        const std::scoped_lock lock(m_engine->m_mutex);
        m_engine->m_state->calls.push_back("stop");
        m_engine->m_state->hold.reset();
        m_engine->m_state->held.clear();
        m_engine->enter(m_key, KeepState::Stopped);
        return {};
    }
    Status attest() override
    {
        m_engine->addRecord(m_engine->keep(m_key), "reattest", Verdict::Trusted);
        const std::scoped_lock lock(m_engine->m_mutex);
        m_engine->m_state->calls.push_back("attest");
        for (const KeepStatus &keep : m_engine->m_state->keeps)
            if (toHex(keep.plan.id.view()) == m_key)
                m_engine->send(m_key, {.kind = KeepEvent::Kind::Status, .status = keep, .text = {}, .recordId = {}, .verdict = {}});
        return {};
    }
    void wake() { (void)::eventfd_write(m_signal.get(), 1); }

private:
    std::shared_ptr<FakeEngine> m_engine;
    std::string m_key;
    Fd m_signal;
    std::deque<KeepEvent> m_events;
    bool m_polling = false;
};

class FakeEngine::Store : public RecordStore {
public:
    explicit Store(std::shared_ptr<FakeEngine> engine)
        : m_engine(std::move(engine))
    {
    }
    Result<std::string> append(const Record &) override { return fail(ErrorKind::Internal, "append a record", {}, "the windows never do"); }
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
    Record record = sampleRecord(keep, kind, verdict);
    record.id = "r" + toHex(sha256({asBytes(std::to_string(++m_state->records_))}).view()).substr(0, 16);
    for (KeepStatus &known : m_state->keeps)
        if (known.plan.id == keep.plan.id) {
            known.records.push_back(record.id);
            known.verdict = name(verdict);
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

void FakeEngine::send(const std::string &key, const KeepEvent &event)
{
    for (const auto &[client, queue] : m_state->clients[key]) {
        queue->push_back(event);
        client->wake();
    }
}

void FakeEngine::enter(const std::string &key, KeepState state)
{
    for (KeepStatus &keep : m_state->keeps) {
        if (toHex(keep.plan.id.view()) != key)
            continue;
        keep.state = state;
        keep.timeline.emplace_back(state, keep.timeline.back().second + 120);
        keep.since = keep.timeline.back().second / 1000;
        if (state == KeepState::Refused)
            keep.reason = "The launch digest is not the expected one.";
        if (state == KeepState::Failed)
            keep.reason = "The warden ended before it answered.";
        if (state == KeepState::Running)
            keep.execution = "aot";
        if (isFinal(state))
            keep.loaderAlive = keep.wardenAlive = false;
        send(key, {.kind = KeepEvent::Kind::Status, .status = keep, .text = {}, .recordId = {}, .verdict = {}});
        if (isFinal(state))
            send(key, {.kind = KeepEvent::Kind::Closed, .status = {}, .text = {}, .recordId = {}, .verdict = {}});
    }
}

void FakeEngine::proceed(const std::string &key)
{
    for (;;) {
        const KeepStatus status = keep(key);
        if (isFinal(status.state))
            return;
        std::unique_lock lock(m_mutex);
        const Outcome outcome = m_state->outcome;
        KeepState next = static_cast<KeepState>(static_cast<int>(status.state) + 1);
        if (status.state == KeepState::Attesting && outcome == Outcome::Refused)
            next = KeepState::Refused;
        if (status.state == KeepState::Starting && outcome == Outcome::Fails)
            next = KeepState::Failed;
        if (status.state == KeepState::Running) {
            if (outcome == Outcome::Runs)
                return;
            next = KeepState::Stopped;
        }
        if (m_state->hold == next) {
            m_state->held = key;
            return;
        }
        lock.unlock();
        if (status.state == KeepState::Attesting)
            addRecord(status, "attest", outcome == Outcome::Refused ? Verdict::Refused : Verdict::Authentic);
        if (next == KeepState::Running)
            addRecord(status, "deliver", Verdict::Trusted);
        if (next == KeepState::Stopped)
            writeOutput(key, "hello from a keep\n");
        lock.lock();
        if (next == KeepState::Stopped)
            for (KeepStatus &known : m_state->keeps)
                if (toHex(known.plan.id.view()) == key)
                    known.exitCode = 0;
        send(key,
            {.kind = KeepEvent::Kind::Progress,
                .status = {},
                .text = std::string(name(next)),
                .done = 1,
                .total = 2,
                .recordId = {},
                .verdict = {}});
        enter(key, next);
    }
}

void FakeEngine::writeLog(const std::string &key, std::uint8_t stream, std::string_view text)
{
    auto &log = m_state->logs[key];
    if (!log) {
        auto opened = KeepLogWriter::open(m_folder / (key + ".log"));
        if (!opened)
            throw std::runtime_error(opened.error().message());
        log = std::make_unique<KeepLogWriter>(std::move(*opened));
    }
    if (const Status status = log->append(static_cast<LogEntry::Stream>(stream), asBytes(text)); !status)
        throw std::runtime_error(status.error().message());
}

void FakeEngine::writeOutput(const std::string &key, const std::string &text, bool error)
{
    const std::scoped_lock lock(m_mutex);
    for (std::size_t at = 0; at < text.size(); at += 64 * 1024)
        writeLog(key, error ? 2 : 1, std::string_view(text).substr(at, 64 * 1024));
    const std::uint64_t size = m_state->logs[key]->size();
    send(key, {.kind = KeepEvent::Kind::Log, .status = {}, .text = {}, .logBytes = size, .recordId = {}, .verdict = {}});
}

void FakeEngine::killLoader(const std::string &key)
{
    const std::scoped_lock lock(m_mutex);
    for (KeepStatus &keep : m_state->keeps)
        if (toHex(keep.plan.id.view()) == key)
            keep.loaderAlive = false;
    send(key, {.kind = KeepEvent::Kind::Closed, .status = {}, .text = {}, .recordId = {}, .verdict = {}});
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

KeepStatus FakeEngine::keep(const std::string &key) const
{
    const std::scoped_lock lock(m_mutex);
    for (const KeepStatus &keep : m_state->keeps)
        if (toHex(keep.plan.id.view()) == key)
            return keep;
    return {};
}

} // namespace kastellan::test
