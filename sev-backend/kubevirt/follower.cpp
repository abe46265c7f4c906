// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/kubevirt/follower.h"

#include <algorithm>

#include <sys/eventfd.h>

namespace kastellan::sev::kubevirt {

std::string vmiPath(const Access &access, const std::string &name)
{
    return "/apis/kubevirt.io/v1/namespaces/" + access.address.nameSpace + "/virtualmachineinstances" + (name.empty() ? "" : "/" + name);
}

Follower::Follower(std::shared_ptr<Api> api, VmiState initial, FollowPatience patience)
    : m_api(std::move(api))
    , m_patience(patience)
    , m_name(initial.name)
    , m_uid(initial.uid)
    , m_version(initial.resourceVersion)
    , m_end(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
{
    take(std::move(initial));
    m_thread = std::jthread([this](const std::stop_token &stop) { run(stop); });
}

Follower::~Follower() = default; // the thread is asked to stop, and waited for, first of all members

VmiState Follower::state() const
{
    const std::lock_guard lock(m_mutex);
    return m_state;
}

std::optional<Error> Follower::trouble() const
{
    const std::lock_guard lock(m_mutex);
    return m_trouble;
}

void Follower::take(VmiState state)
{
    const std::lock_guard lock(m_mutex);
    if (m_state.gone)
        return;
    if (!state.gone && state.uid != m_uid) { // another object of the same name
        state = m_state;
        state.gone = true;
    }
    m_state = std::move(state);
    ++m_number;
    if (m_state.ended())
        static_cast<void>(::eventfd_write(m_end.get(), 1));
    m_changed.notify_all();
}

bool Follower::wait(const std::function<bool(const VmiState &)> &good, std::chrono::milliseconds time, const std::stop_token &stop,
    const std::function<void(const VmiState &)> &seen) const
{
    const auto deadline = std::chrono::steady_clock::now() + time;
    std::uint64_t known = 0;
    for (std::unique_lock lock(m_mutex);;) {
        if (known != m_number) {
            known = m_number;
            const VmiState state = m_state;
            lock.unlock();
            if (seen)
                seen(state);
            if (good(state))
                return true;
            lock.lock();
            continue;
        }
        if (!m_changed.wait_until(lock, stop, deadline, [&] { return known != m_number; }))
            return false;
    }
}

Call Follower::call(const char *verb) const
{
    Call call;
    call.what = "follow the keep's virtual machine";
    call.verb = verb;
    call.resource = "virtualmachineinstances";
    call.path = vmiPath(m_api->access()) + "?fieldSelector=metadata.name%3D" + m_name;
    return call;
}

ApiResult<void> Follower::readAnew(const std::stop_token &stop)
{
    auto answer = m_api->ask(call("list"), stop);
    if (!answer)
        return std::unexpected(answer.error());
    auto list = parseVmiList(*answer, m_name);
    if (!list)
        return std::unexpected(ApiError{list.error(), 0, true});
    m_version = list->resourceVersion;
    if (list->vmi) {
        take(std::move(*list->vmi));
    } else {
        VmiState state = this->state();
        state.gone = true;
        take(std::move(state));
    }
    return {};
}

ApiResult<void> Follower::watchOnce(const std::stop_token &stop)
{
    Call watch = call("watch");
    watch.path += "&watch=true&allowWatchBookmarks=true&timeoutSeconds=" + std::to_string(m_patience.stream.count())
        + "&resourceVersion=" + m_version;
    watch.timeout = m_patience.stream + std::chrono::seconds(30); // a connection that died without a word ends too
    bool expired = false;
    std::optional<ApiError> failure;
    auto ended = m_api->stream(
        watch,
        [&](std::string_view line) {
            auto event = parseWatchEvent(line);
            if (!event) {
                failure = ApiError{event.error(), 0, true};
                return false;
            }
            if (event->kind == WatchEvent::Kind::Expired) {
                expired = true;
                return false;
            }
            if (event->kind == WatchEvent::Kind::Failure) {
                failure = ApiError{{ErrorKind::Environment, watch.what, m_api->access().address.uri(),
                                       "the cluster ended the stream: " + event->message, {}},
                    event->code, true};
                return false;
            }
            {
                const std::lock_guard lock(m_mutex);
                m_trouble.reset();
            }
            if (!event->state.resourceVersion.empty())
                m_version = event->state.resourceVersion;
            if (event->kind != WatchEvent::Kind::Bookmark && event->state.name == m_name)
                take(std::move(event->state));
            return !this->state().gone;
        },
        stop);
    if (!ended && ended.error().status == 410)
        expired = true;
    else if (!ended)
        failure = ended.error();
    if (expired)
        return readAnew(stop);
    if (failure)
        return std::unexpected(std::move(*failure));
    return {};
}

void Follower::run(const std::stop_token &stop)
{
    auto pause = m_patience.first;
    bool anew = m_version.empty();
    while (!stop.stop_requested() && !state().gone) {
        const auto began = std::chrono::steady_clock::now();
        const std::string version = m_version;
        auto done = anew ? readAnew(stop) : watchOnce(stop);
        if (version != m_version) // there was something new: whatever failed before is over
            pause = m_patience.first;
        // A stream that says nothing and ends at once is no reason to ask again without a pause.
        if (done && (anew || version != m_version || std::chrono::steady_clock::now() - began >= m_patience.first)) {
            anew = false;
            continue;
        }
        std::unique_lock lock(m_mutex);
        if (!done) {
            m_trouble = done.error().error;
            anew = true; // what was cut off may have said anything: what is there now counts
        }
        m_changed.wait_for(lock, stop, pause, [] { return false; });
        pause = std::min(pause * 2, m_patience.longest);
    }
}

} // namespace kastellan::sev::kubevirt
