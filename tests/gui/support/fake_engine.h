// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/gui/support/fake_host.h"
#include "tests/gui/support/samples.h"
#include "ui/services.h"

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace kastellan::test {

/// An engine without processes: hosts, keeps, records and loaders in memory, each of which can be told to fail or to wait. What it is
/// told is seen by the windows as from the real one. Thread-safe: the windows call it from workers.
class FakeEngine : public std::enable_shared_from_this<FakeEngine> {
public:
    /// What a launch comes to.
    enum class Outcome { Runs, Ends, Refused, Fails };

    [[nodiscard]] static std::shared_ptr<FakeEngine> make();
    ~FakeEngine();
    [[nodiscard]] ui::Services services();

    /// A keep that is there already, with its records and `output` in its log. Yields its key.
    std::string addKeep(KeepStatus status, const std::vector<std::pair<std::string, Verdict>> &records, const std::string &output = {});
    std::string addRecord(const KeepStatus &keep, const std::string &kind, Verdict verdict);
    void addHost(HostInfo info);
    /// What looks at a host, and its platform; either may be none. The two hosts that are there from the start have both.
    void setInspector(const std::string &host, std::shared_ptr<FakeInspector> inspector);
    void setPlatform(const std::string &host, std::shared_ptr<FakePlatform> platform);
    [[nodiscard]] std::shared_ptr<FakeInspector> inspector(const std::string &host) const;
    [[nodiscard]] std::shared_ptr<FakePlatform> platform(const std::string &host) const;
    /// What is in the certificate store.
    void setCertificates(std::vector<KnownCertificate> certificates);
    [[nodiscard]] std::vector<std::string> imported() const; ///< paths
    /// What records are appraised as today; by default as they were.
    void setToday(std::function<Appraisal(const Record &)> today);
    void setOutcome(Outcome outcome);
    /// Why launches that fail did; by default a warden that ended.
    void setFailure(std::string reason);
    /// What fresh evidence comes to when a keep is attested again.
    void setAttested(Verdict verdict);
    [[nodiscard]] Verdict attested() const;
    /// Workloads take no notice of being asked to end: only a stop without grace ends them.
    void setStubborn(bool stubborn);
    /// What looking at an address that is to be added finds; by default a ready libvirt host.
    void setLook(HostLook look);
    void setClusters(std::vector<HostInfo> clusters);
    /// Launches stop before this state until `release`.
    void holdBefore(KeepState state);
    void release();
    /// The next call of that name fails once: "launch", "plan", "store", "remove", "recover", "connect",
    /// "import", "certificates".
    void failNext(const std::string &call);
    /// An event in a keep's log, as its loader writes it, and lines of its machine's console.
    void writeEvent(const std::string &key, const std::string &text);
    void writeConsole(const std::string &key, const std::string &text);
    /// A keep's state changes by itself.
    void setState(const std::string &key, KeepState state, const std::string &reason);
    /// Output of a running keep.
    void writeOutput(const std::string &key, const std::string &text, bool error = false);
    /// The loader of a keep dies.
    void killLoader(const std::string &key);
    /// What the windows sent into keeps, and which secrets were given.
    [[nodiscard]] std::string input() const;
    [[nodiscard]] std::vector<std::string> secrets() const;
    [[nodiscard]] std::vector<std::string> calls() const;
    [[nodiscard]] KeepStatus keep(const std::string &key) const;
    [[nodiscard]] std::filesystem::path folder() const { return m_folder; }

    class Client;
    class Store;
    class Hosts;

private:
    FakeEngine();
    struct State;
    [[nodiscard]] std::optional<Error> failure(const std::string &call);
    [[nodiscard]] ui::HostListFunctions hostList();
    [[nodiscard]] ui::MachineFunctions machines();
    std::string store(Record record);
    void writeSteps(const KeepStatus &keep, KeepState next);
    void proceed(const std::string &key);
    void enter(const std::string &key, KeepState state);
    void send(const std::string &key, const KeepEvent &event);
    void writeLog(const std::string &key, std::uint8_t stream, std::string_view text);

    std::filesystem::path m_folder;
    std::unique_ptr<State> m_state;
    mutable std::mutex m_mutex;
};

} // namespace kastellan::test
