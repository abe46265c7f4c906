// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "poll_loop.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace kastellan::loader {

/// Calls that may wait for a host, each in a thread of its own: the loop never waits for one. A call that takes too long is given up. Its
/// thread goes on by itself, and nothing of it reaches the loop any more.
class Calls {
public:
    using Patience = std::optional<PollLoop::Clock::duration>;

    explicit Calls(PollLoop &loop);
    ~Calls(); ///< gives up all
    Calls(const Calls &) = delete;
    Calls &operator=(const Calls &) = delete;

    /// Calls `work` in a thread, and `done` with what it brought in the loop. After `patience` (none: never), or when it is given up
    /// before, `tooLong` is called in its place, and what the thread brings then goes to `late`, in a thread. One call of a name at a time.
    /// `work` and `late` may outlive the caller: they hold what they use.
    template <typename T>
    void start(const std::string &name, Patience patience, std::function<T()> work, std::function<void(T)> done,
        std::function<void()> tooLong, std::function<void(T)> late = {})
    {
        const auto value = std::make_shared<std::optional<T>>();
        begin(
            name, patience, [value, work = std::move(work)] { value->emplace(work()); },
            [value, done = std::move(done)] { done(std::move(**value)); }, std::move(tooLong),
            [value, late = std::move(late)] {
                if (late)
                    late(std::move(**value));
            });
    }
    [[nodiscard]] bool running(const std::string &name) const { return m_running.contains(name); }
    /// Gives a call up now: its `tooLong` is called. Nothing where none of the name runs.
    void giveUp(const std::string &name);
    /// Gives it up, and tells nobody.
    void forget(const std::string &name);
    /// More patience with a call that shows that it goes on.
    void renew(const std::string &name);
    /// Something that calls in the loop from any thread, also when all this is gone: then it does nothing.
    [[nodiscard]] std::function<void(std::function<void()>)> poster() const;

    /// Whether threads of this process still wait, or waited too long at some time: then a host may not answer, and whoever ends the
    /// program must not close a connection to it.
    [[nodiscard]] static bool mayHang();

private:
    struct Shared;
    struct Call;
    void begin(const std::string &name, Patience patience, std::function<void()> work, std::function<void()> done,
        std::function<void()> tooLong, std::function<void()> late);
    [[nodiscard]] std::shared_ptr<Call> take(const std::string &name);

    PollLoop &m_loop;
    std::shared_ptr<Shared> m_shared;
    std::map<std::string, std::shared_ptr<Call>> m_running; ///< of the loop's thread
};

} // namespace kastellan::loader
