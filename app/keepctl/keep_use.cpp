// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/keep_use.h"

#include "app/keepctl/output.h"

#include <algorithm>
#include <chrono>
#include <format>

#include <poll.h>

namespace kastellan::keepctl {

std::map<KeepId, KeepUse> useOf(const std::vector<KeepStatus> &keeps)
{
    using namespace std::chrono;
    struct Asked {
        KeepId id;
        std::unique_ptr<KeepClient> client;
    };
    std::vector<Asked> asked;
    for (const KeepStatus &status : keeps)
        if (status.plan.machine && status.loaderAlive && !isFinal(status.state))
            if (auto client = KeepClient::connect(status.plan.id); client && (*client)->watchUse(true))
                asked.push_back({status.plan.id, std::move(*client)});
    std::map<KeepId, KeepUse> uses;
    const auto end = steady_clock::now() + 500ms;
    while (!asked.empty()) {
        const auto left = duration_cast<milliseconds>(end - steady_clock::now()).count();
        std::vector<pollfd> fds;
        for (const Asked &one : asked)
            fds.push_back({one.client->fd(), POLLIN, 0});
        if (left <= 0 || ::poll(fds.data(), fds.size(), static_cast<int>(left)) < 0)
            break;
        for (std::size_t i = asked.size(); i-- > 0;) {
            if (!fds[i].revents)
                continue;
            bool done = false;
            asked[i].client->poll([&](const KeepEvent &event) {
                if (event.kind == KeepEvent::Kind::Use)
                    uses[asked[i].id] = {event.cpuSeconds, event.memory};
                done = done || event.kind == KeepEvent::Kind::Use || event.kind == KeepEvent::Kind::Closed;
            });
            if (done)
                asked.erase(asked.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }
    return uses;
}

std::string useText(const KeepUse &use)
{
    return std::format("{:.1f} s of processor time, ", use.cpuSeconds) + sizeText(use.memory);
}

} // namespace kastellan::keepctl
