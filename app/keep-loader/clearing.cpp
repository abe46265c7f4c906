// SPDX-License-Identifier: Apache-2.0
#include "clearing.h"

#include "calls.h"

#include "core/keeps/leftovers.h"

#include <algorithm>

namespace kastellan::loader {
namespace {

const char *what = "take away what the keep left";

class Clearing {
public:
    Clearing(std::shared_ptr<Host> host, const std::filesystem::path &folder, KeepStatus status, const ClearingPatience &patience)
        : m_host(std::move(host))
        , m_folder(folder.string())
        , m_status(std::make_shared<const KeepStatus>(std::move(status)))
        , m_patience(patience)
        , m_pause(patience.first)
        , m_calls(m_loop)
        , m_done(std::unexpected(Error{ErrorKind::Environment, what, m_status->plan.host, "its host does not answer", {}}))
    {
    }
    Status run()
    {
        m_loop.after("all", m_patience.all, [this] { m_loop.finish(); });
        tryOnce();
        m_loop.run();
        return m_done;
    }

private:
    void tryOnce()
    {
        m_calls.start<Status>(
            "clear", {}, [host = m_host, status = m_status, folder = m_folder] { return host->clear(*status, folder); },
            [this](const Status &done) {
                m_done = done;
                if (done)
                    return m_loop.finish();
                m_loop.after("again", m_pause, [this] { tryOnce(); });
                m_pause = std::min(m_pause * 2, m_patience.longest);
            },
            {});
    }

    const std::shared_ptr<Host> m_host;
    const std::string m_folder;
    const std::shared_ptr<const KeepStatus> m_status;
    const ClearingPatience m_patience;
    std::chrono::milliseconds m_pause;
    PollLoop m_loop;
    Calls m_calls;
    Status m_done;
};

} // namespace

Status clearKeep(const std::shared_ptr<Host> &host, const std::filesystem::path &folder, StatusFile &status, KeepLogWriter &log,
    const ClearingPatience &patience)
{
    const std::string left = host->left(status.get(), folder.string());
    const Status done = Clearing(host, folder, status.get(), patience).run();
    if (done)
        keeps::tellCleared(status.edit());
    else
        keeps::tellLeft(status.edit(), left, done.error());
    // A log that can't be written does not matter here: the status says it.
    static_cast<void>(log.append(LogEntry::Stream::Event,
        asBytes(done ? "what was left was taken away: " + left : "what is left could not be taken away: " + done.error().message())));
    status.edit().logBytes = log.size();
    KASTELLAN_TRY(status.save());
    return done;
}

} // namespace kastellan::loader
