// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/fd.h"
#include "core/evidence/finding.h"
#include "sev-backend/launch/image_files.h"

#include <stop_token>

namespace kastellan::sev {

/// How a keep image is made a process.
struct SandboxOptions {
    KeepId keep;
    bool isolated = true;
    std::string bareFolder; ///< not isolated: an empty private folder for the files
    std::vector<std::string> command = {"/usr/bin/keep-warden", "--process"};
};

/// A process in its sandbox that has not executed the warden yet. Destroyed before it was released, it is killed.
class PendingKeep {
public:
    /// Clones the process, maps its ids and lets it build its world out of the sealed bytes. Returns before that is done. `listener`
    /// becomes its descriptor 3. Fails, naming what is impossible and what may help.
    [[nodiscard]] static Result<PendingKeep> start(const SandboxOptions &options, const ImageFiles &image, int listener);
    PendingKeep(PendingKeep &&) noexcept = default;
    PendingKeep &operator=(PendingKeep &&) = delete;
    ~PendingKeep();

    /// Waits until everything is in force. Fails with the step that failed; then the process is gone.
    [[nodiscard]] Status waitReady(const std::stop_token &stop);
    /// Lets it execute the warden, and waits until it has.
    [[nodiscard]] Status release(const std::stop_token &stop);

    [[nodiscard]] std::int64_t pid() const { return m_pid; }
    [[nodiscard]] Fd takePidfd() { return std::move(m_pidfd); }
    /// The end of the pipe where its last words come out. Does not block.
    [[nodiscard]] Fd takeWords() { return std::move(m_words); }

private:
    PendingKeep() = default;
    [[nodiscard]] Result<bool> receive(const std::stop_token &stop); ///< true: ready; false: executed
    void end();

    std::int64_t m_pid = 0;
    Fd m_pidfd, m_control, m_words;
    std::vector<std::string> m_names; ///< of folders, then files, for errors
    std::size_t m_folderCount = 0;
};

/// What holds the keep, as the running process shows it: sandbox.isolation and sandbox.users.
[[nodiscard]] std::vector<Finding> sandboxFindings(std::int64_t pid);

} // namespace kastellan::sev
