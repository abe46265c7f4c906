// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/fd.h"
#include "sev-backend/kubevirt/api.h"
#include "sev-backend/kubevirt/vmi_state.h"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace kastellan::sev::kubevirt {

/// How patient a follower is; short in tests.
struct FollowPatience {
    std::chrono::milliseconds first{500}, longest{30'000}; ///< before it asks again after a failure; doubles
    std::chrono::seconds stream{300}; ///< how long one watch is asked for
};

/// Follows one VirtualMachineInstance by watching: no question is asked while the stream says nothing. Streams that end or break are taken
/// up again from the last version that was seen; where the cluster has forgotten that (410), the object is read anew. It is the same object
/// as long as its uid is; another one of the name means that ours is gone.
class Follower {
public:
    Follower(std::shared_ptr<Api> api, VmiState initial, FollowPatience patience = {});
    ~Follower();
    Follower(const Follower &) = delete;
    Follower &operator=(const Follower &) = delete;

    [[nodiscard]] VmiState state() const;
    /// The last failure to reach the cluster; none while it is reached.
    [[nodiscard]] std::optional<Error> trouble() const;
    /// Becomes readable when the object has ended or is gone.
    [[nodiscard]] int endFd() const { return m_end.get(); }
    /// Waits until `good` says so; false when the time is over, or `stop` was asked for. `seen` gets each new state.
    [[nodiscard]] bool wait(const std::function<bool(const VmiState &)> &good, std::chrono::milliseconds time, const std::stop_token &stop,
        const std::function<void(const VmiState &)> &seen = {}) const;

private:
    void run(const std::stop_token &stop);
    [[nodiscard]] ApiResult<void> watchOnce(const std::stop_token &stop);
    [[nodiscard]] ApiResult<void> readAnew(const std::stop_token &stop);
    void take(VmiState state);
    [[nodiscard]] Call call(const char *verb) const;

    std::shared_ptr<Api> m_api;
    FollowPatience m_patience;
    std::string m_name, m_uid;
    std::string m_version; ///< the thread's own
    Fd m_end;
    mutable std::mutex m_mutex;
    mutable std::condition_variable_any m_changed;
    VmiState m_state; ///< guarded
    std::uint64_t m_number = 0; ///< guarded: of the state
    std::optional<Error> m_trouble; ///< guarded
    std::jthread m_thread;
};

/// "/apis/kubevirt.io/v1/namespaces/NS/virtualmachineinstances", and of one.
[[nodiscard]] std::string vmiPath(const Access &access, const std::string &name = {});

} // namespace kastellan::sev::kubevirt
