// SPDX-License-Identifier: Apache-2.0
// One platform, kept: across programs, through damage and killed programs, and the same one everywhere when it has a seed.
#include "sev-backend/legacy/owner.h"
#include "status_text.h"
#include "tests/support/emulated_identity.h"

#include <QTemporaryDir>

#include <atomic>
#include <csignal>
#include <random>
#include <set>
#include <thread>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace kastellan;
using namespace kastellan::sev;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t certificateSize = legacy::Certificate::size;
constexpr Sha256 chip{};

EmulatedState full()
{
    EmulatedState state = EmulatedState::fresh(defaultProfile());
    state.externallyOwned = true;
    state.epoch = 3;
    state.keysMade = 9;
    state.pekKey = 8;
    state.pdhKey = 9;
    state.ark = Bytes(1600, 1);
    state.ask = Bytes(1600, 2);
    state.cek = state.oca = state.pek = state.pdh = Bytes(certificateSize, 3);
    state.maskChipKey = true;
    state.vlekSeed = Bytes(64, 4);
    state.vlekCsp = "Example Cloud";
    state.reportedVcek = Bytes(1400, 5);
    state.draws = 12;
    return state;
}

Bytes chainOf(LegacyFirmware &firmware)
{
    const auto exported = firmware.pdhCertExport(certificateSize, 3 * certificateSize);
    if (!exported)
        qFatal("the chain can't be exported");
    Bytes both = exported->pdh;
    both.insert(both.end(), exported->chain.begin(), exported->chain.end());
    return both;
}

/// What a certificate signs: its signatures differ every time.
std::string signedParts(const Bytes &chain)
{
    std::string text;
    for (std::size_t at = 0; at < chain.size(); at += certificateSize)
        text += toHex(ByteView(chain).subspan(at, legacy::Certificate::signedSize));
    return text;
}

/// Ends a child that was forked without running the destructors of what it has of its parent.
[[noreturn]] void endChild(bool good)
{
    ::_exit(good ? 0 : 1);
}

int waitFor(pid_t child)
{
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
}

} // namespace

class TestEmulatedState : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }
    void codec();
    void damageNeverPasses();
    void isForItsOwnerAlone();
    void lastsOverPrograms();
    void anotherChipBeginsAnew();
    void twoProgramsAtOnce();
    void threadsAtOnce();
    void killedAtAnyMoment();
    void guestsOfKilledProgramsDontCount();
    void seedsDecide();
    void seededDrawsGoOn();
    void newerFirmwareWaitsForItsCommit();
    void foldersThatCantBeWritten();
    void slowIsSlow();

private:
    [[nodiscard]] fs::path folder() const { return m_folder->path().toStdString(); }
    [[nodiscard]] std::unique_ptr<Processor> open(ProcessorOptions options = {}) const { return test::ownProcessor(folder(), options); }
    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestEmulatedState::codec()
{
    for (const auto &state : {EmulatedState::fresh(defaultProfile()), full()}) {
        const Bytes bytes = state.encode(chip);
        const auto again = EmulatedState::decode(bytes, chip);
        QVERIFY2(again.has_value(), again ? "" : again.error().message().c_str());
        QVERIFY(*again == state);
    }
    Sha256 other;
    other.bytes[0] = 1;
    QCOMPARE(EmulatedState::decode(full().encode(other), chip).error().kind, ErrorKind::Negative);
    // Parts that do not fit each other, in a file that is whole.
    const auto refused = [](const auto &change) {
        EmulatedState state = full();
        change(state);
        return !EmulatedState::decode(state.encode(chip), chip).has_value();
    };
    QVERIFY(!refused([](EmulatedState &) {}));
    QVERIFY(refused([](EmulatedState &state) { state.pdh.pop_back(); }));
    QVERIFY(refused([](EmulatedState &state) { state.pek.clear(); }));
    QVERIFY(refused([](EmulatedState &state) { state.pekKey = 0; }));
    QVERIFY(refused([](EmulatedState &state) { state.pdhKey = 10; })); // not made yet
    QVERIFY(refused([](EmulatedState &state) { state.vlekSeed.pop_back(); }));
    QVERIFY(refused([](EmulatedState &state) { state.vlekCsp = std::string(65, 'x'); }));
    QVERIFY(refused([](EmulatedState &state) { state.ark = Bytes(4097); }));
}

void TestEmulatedState::damageNeverPasses()
{
    const Bytes good = full().encode(chip);
    for (std::size_t at = 0; at < good.size(); at += 7) {
        Bytes bad = good;
        bad[at] ^= 1;
        QVERIFY(!EmulatedState::decode(bad, chip).has_value());
        QVERIFY(!EmulatedState::decode(ByteView(good).first(at), chip).has_value());
    }
}

void TestEmulatedState::isForItsOwnerAlone()
{
    const auto processor = open();
    COMPARE_STATUS(processor->legacy().pdhGen(), Success);
    static_cast<void>(processor->legacy().launchStart({}));
    struct stat status{};
    QCOMPARE(::stat((folder() / "genoa.platform").c_str(), &status), 0);
    QCOMPARE(status.st_mode & 07777, 0600u);
    QCOMPARE(::stat((folder() / "genoa.guests").c_str(), &status), 0);
    QCOMPARE(status.st_mode & 07777, 0700u);
    // No private key lies in it, only numbers of keys.
    const Bytes content = *readFile(folder() / "genoa.platform", 1 << 20);
    const Bytes der = processor->platform().key("pek", 2).toDer();
    QVERIFY(std::ranges::search(content, ByteView(der).subspan(8, 48)).empty());
}

void TestEmulatedState::lastsOverPrograms()
{
    Bytes before;
    {
        const auto processor = open();
        COMPARE_STATUS(processor->legacy().pekGen(), Success);
        SnpConfig config;
        config.maskChipId = true;
        COMPARE_STATUS(processor->snp().config(config.encode()), Success);
        before = chainOf(processor->legacy());
    }
    const auto processor = open();
    QCOMPARE(chainOf(processor->legacy()), before);
    QVERIFY(processor->snp().status()->maskChipId);
    // Another profile in the same folder is another platform.
    const auto milan = open({.profile = *findProfile("milan")});
    QVERIFY(!milan->snp().status()->maskChipId);
    QVERIFY(chainOf(milan->legacy()) != before);
}

void TestEmulatedState::anotherChipBeginsAnew()
{
    Bytes before;
    {
        const auto processor = open();
        COMPARE_STATUS(processor->legacy().pekGen(), Success);
        before = chainOf(processor->legacy());
    }
    fs::remove(Identity::file(folder(), defaultProfile()));
    QVERIFY(Identity::open(folder(), defaultProfile(), {}, {}, 2048).has_value());
    const auto processor = Processor::open(folder());
    QVERIFY(processor.has_value());
    QVERIFY(signedParts(chainOf((*processor)->legacy())) != signedParts(before));
}

void TestEmulatedState::twoProgramsAtOnce()
{
    const auto processor = open();
    constexpr int rounds = 25, programs = 4;
    std::vector<pid_t> children;
    for (int program = 0; program < programs; ++program) {
        const pid_t child = ::fork();
        if (child == 0) {
            const auto own = Processor::open(folder());
            bool good = own.has_value();
            for (int i = 0; good && i < rounds; ++i)
                good = (*own)->legacy().pdhGen().has_value();
            endChild(good);
        }
        QVERIFY(child > 0);
        children.push_back(child);
    }
    for (const pid_t child : children)
        QCOMPARE(waitFor(child), 0);
    // None of the changes was lost: every key has a number of its own (OCA, PEK and PDH at first).
    QCOMPARE((*processor->platform().view())->keysMade, std::uint64_t{3 + programs * rounds});
}

void TestEmulatedState::threadsAtOnce()
{
    const auto processor = open();
    std::atomic<int> failures = 0;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread)
            threads.emplace_back([&] {
                for (int i = 0; i < 20; ++i) {
                    const auto guest = processor->launchStart(GuestPolicy());
                    failures += !guest || !processor->launchFinish(*guest, {}) || !processor->decommission(*guest);
                    failures += !processor->legacy().pdhGen().has_value() || !processor->snp().status().has_value();
                }
            });
    }
    QCOMPARE(failures.load(), 0);
    QCOMPARE((*processor->platform().view())->keysMade, std::uint64_t{3 + 80});
    QCOMPARE(processor->snp().status()->guests, 0u);
}

// A child changes the platform again and again and is killed at a moment that is random. What it leaves is whole.
void TestEmulatedState::killedAtAnyMoment()
{
    const auto processor = open();
    std::mt19937 random(static_cast<unsigned>(::getpid()));
    std::uint64_t last = 0;
    for (int round = 0; round < 40; ++round) {
        std::array<int, 2> ends{};
        QCOMPARE(::pipe(ends.data()), 0);
        const Fd reading(ends[0]);
        Fd writing(ends[1]);
        const pid_t child = ::fork();
        if (child == 0) {
            const auto own = Processor::open(folder());
            for (bool first = true; own && (*own)->legacy().pdhGen(); first = false)
                if (first)
                    (void)!::write(writing.get(), "x", 1);
            endChild(false); // not reached: it is killed
        }
        writing.reset();
        char byte = 0;
        QCOMPARE(::read(reading.get(), &byte, 1), ssize_t(1)); // it is at it
        ::usleep(random() % 3000); // the moment is what is random; nothing is waited for
        ::kill(child, SIGKILL);
        QVERIFY(WIFSIGNALED(waitFor(child)));
        const auto view = processor->platform().view();
        COMPARE_STATUS(view, Success);
        QVERIFY((*view)->keysMade > last);
        last = (*view)->keysMade;
        COMPARE_STATUS(processor->legacy().pdhGen(), Success);
        QCOMPARE((*processor->platform().view())->keysMade, last + 1);
    }
}

void TestEmulatedState::guestsOfKilledProgramsDontCount()
{
    const auto processor = open();
    std::array<int, 2> ends{};
    QCOMPARE(::pipe(ends.data()), 0);
    const Fd reading(ends[0]);
    Fd writing(ends[1]);
    const pid_t child = ::fork();
    if (child == 0) {
        const auto own = Processor::open(folder());
        const bool good = own && (*own)->launchStart(GuestPolicy()) && (*own)->legacy().launchStart({});
        (void)!::write(writing.get(), good ? "y" : "n", 1);
        ::pause();
        endChild(false);
    }
    writing.reset();
    char answer = 0;
    QCOMPARE(::read(reading.get(), &answer, 1), ssize_t(1));
    QCOMPARE(answer, 'y');
    QCOMPARE(processor->snp().status()->guests, 1u);
    QCOMPARE(processor->legacy().platformStatus()->state, SevState::Working);
    COMPARE_STATUS(processor->legacy().pekGen(), InvalidPlatformState);
    ::kill(child, SIGKILL);
    waitFor(child);
    QCOMPARE(processor->snp().status()->guests, 0u);
    QCOMPARE(processor->legacy().platformStatus()->state, SevState::Init);
    QVERIFY(fs::is_empty(folder() / "genoa.guests")); // and its file is gone
}

void TestEmulatedState::seedsDecide()
{
    const QTemporaryDir elsewhere;
    struct Run {
        std::string id, chain, reportId, nonce, digest, key;
        bool operator==(const Run &) const = default;
    };
    const auto run = [](const fs::path &where, const std::string &seed) {
        const auto processor = test::ownProcessor(where, {.seed = seed});
        Run result;
        result.id = toHex(processor->identity().chipId().bytes);
        result.chain = signedParts(chainOf(processor->legacy()));
        const auto legacyGuest = *processor->legacy().launchStart({});
        result.nonce = toHex(processor->legacy().launchMeasure(legacyGuest, 48)->bytes());
        const auto guest = *processor->launchStart(GuestPolicy());
        if (!processor->launchUpdate(guest, PageType::Normal, 0, Bytes(4096, 1)) || !processor->launchFinish(guest, {}))
            qFatal("the launch failed");
        const auto report = processor->firmware().report(guest, ReportRequest().encode()).report;
        result.reportId = toHex(ReportView::from(report)->reportId().bytes);
        result.digest = toHex(ReportView::from(report)->measurement().bytes);
        result.key = toHex(processor->firmware().derivedKey(guest, KeyRequest().encode()).key);
        return result;
    };
    const auto first = run(folder(), "one"), again = run(elsewhere.path().toStdString(), "one"), other = run(folder(), "two");
    QVERIFY(first == again);
    QVERIFY(first.id != other.id && first.chain != other.chain && first.reportId != other.reportId && first.nonce != other.nonce
        && first.key != other.key);
    QCOMPARE(first.digest, other.digest); // of the same page
    // The platform without a seed is another one, and was not touched.
    QVERIFY(!Processor::exists(folder()));
    QVERIFY(Processor::exists(folder(), defaultProfile(), "one"));
}

void TestEmulatedState::seededDrawsGoOn()
{
    const auto reportId = [&](Processor &processor) {
        const auto guest = *processor.launchStart(GuestPolicy());
        if (!processor.launchFinish(guest, {}))
            qFatal("the launch failed");
        return toHex(ReportView::from(processor.firmware().report(guest, ReportRequest().encode()).report)->reportId().bytes);
    };
    std::set<std::string> seen;
    for (int program = 0; program < 2; ++program) {
        const auto processor = open({.seed = "row"});
        for (int i = 0; i < 3; ++i)
            QVERIFY(seen.insert(reportId(*processor)).second);
    }
}

// A program of tomorrow emulates newer firmware: the platform of today has it uncommitted then.
void TestEmulatedState::newerFirmwareWaitsForItsCommit()
{
    Profile newer = defaultProfile();
    ++newer.firmware.build;
    ++newer.snp;
    {
        const auto processor = open();
        COMPARE_STATUS(processor->legacy().pdhGen(), Success); // so that there is a state
    }
    const auto updated = Processor::open(folder(), {}, {}, {.profile = &newer});
    QVERIFY(updated.has_value());
    auto status = *(*updated)->snp().status();
    QCOMPARE(status.currentTcb, newer.tcb().bytes());
    QCOMPARE(status.reportedTcb, defaultProfile().tcb().bytes());
    const auto guest = *(*updated)->launchStart(GuestPolicy());
    QVERIFY((*updated)->launchFinish(guest, {}).has_value());
    const auto report = (*updated)->firmware().report(guest, ReportRequest().encode()).report;
    const auto view = *ReportView::from(report);
    QCOMPARE(view.committedTcb(), defaultProfile().tcb().bytes());
    const auto leaf = Certificate::fromDer((*updated)->endorsements()[0].der);
    QVERIFY(P384Key::of(*leaf)->verifies(view.signedBytes(), view.signatureR(), view.signatureS()));
    COMPARE_STATUS((*updated)->snp().commit(), Success);
    QCOMPARE((*updated)->snp().status()->reportedTcb, newer.tcb().bytes());
}

void TestEmulatedState::foldersThatCantBeWritten()
{
    const auto processor = open();
    QVERIFY(processor->launchStart(GuestPolicy()).has_value());
    fs::remove_all(folder());
    QVERIFY(writeFileAtomically(folder(), asBytes("a file where the folder was")).has_value());
    COMPARE_STATUS(processor->legacy().pdhGen(), HwerrorPlatform);
    QCOMPARE(processor->legacy().platformStatus()->state, SevState::Init); // what needs no change goes on
    QVERIFY(processor->launchStart(GuestPolicy()).has_value());
    fs::remove(folder());
}

void TestEmulatedState::slowIsSlow()
{
    const auto processor = open({.faults = *FaultPlan::parse("snp-platform-status=slow:60ms#1")});
    const auto begin = std::chrono::steady_clock::now();
    COMPARE_STATUS(processor->snp().status(), Success);
    QVERIFY(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(60));
}

QTEST_GUILESS_MAIN(TestEmulatedState)
#include "test_emulated_state.moc"
