// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/platform_control.h"
#include "core/hosts/readiness.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

namespace kastellan::test {

/// Makes a worker wait until it is let go or asked to stop. Thread-safe.
class Gate {
public:
    void close();
    void open();
    /// Whether somebody waits.
    [[nodiscard]] bool isWaitedAt() const;
    void pass(std::stop_token stop);

private:
    mutable std::mutex m_mutex;
    std::condition_variable_any m_opened;
    bool m_closed = false;
    int m_waiting = 0;
};

/// Answers with a readiness that it was given, after telling progress.
class FakeInspector : public HostInspector {
public:
    explicit FakeInspector(Readiness answer)
        : m_answer(std::move(answer))
    {
    }
    Result<Readiness> inspect(const InspectOptions &options, const Progress &progress, std::stop_token stop) override;
    Result<std::string> record(const InspectOptions &options, const Progress &progress, std::stop_token stop) override;
    void setAnswer(Readiness answer);
    void failNext();
    /// How often it was asked: without probes, with probes.
    [[nodiscard]] std::pair<int, int> asked() const;
    Gate gate;

private:
    mutable std::mutex m_mutex;
    Readiness m_answer;
    bool m_fails = false;
    std::pair<int, int> m_asked;
};

/// A platform in memory: what is done with it is written down, and nothing else happens.
class FakePlatform : public PlatformControl {
public:
    FakePlatform(PlatformView view, std::vector<PlatformAction> actions)
        : m_view(std::move(view))
        , m_actions(std::move(actions))
    {
    }
    [[nodiscard]] std::string host() const override { return m_view.host; }
    [[nodiscard]] Result<PlatformView> view() override;
    [[nodiscard]] std::vector<PlatformAction> actions() override { return m_actions; }
    [[nodiscard]] Result<ActionPlan> plan(const std::string &action, const std::map<std::string, std::string> &arguments) override;
    [[nodiscard]] Result<ActionOutcome> perform(const ActionPlan &plan, const Progress &progress, std::stop_token stop) override;

    void setView(PlatformView view);
    void setUnreachable(bool unreachable);
    void refuseNextPlan();
    void failNextPerform();
    /// What was performed: "reset", "snp-config mask-chip-id=1".
    [[nodiscard]] std::vector<std::string> performed() const;
    [[nodiscard]] int viewed() const;
    Gate gate; ///< of perform

private:
    mutable std::mutex m_mutex;
    PlatformView m_view;
    const std::vector<PlatformAction> m_actions;
    bool m_unreachable = false, m_refuses = false, m_fails = false;
    int m_viewed = 0;
    std::vector<std::string> m_performed;
};

} // namespace kastellan::test
