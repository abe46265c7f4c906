// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/fd.h"
#include "sev-backend/emulator/processor.h"

#include <functional>
#include <mutex>
#include <thread>

namespace kastellan::sev {

/// A request of the warden to its firmware, as the sev-guest device of a guest takes it: a command and its message.
inline constexpr std::uint32_t getReportCommand = 0; ///< SNP_GET_REPORT
inline constexpr std::size_t firmwareRequestSize = 4 + 96;

/// Answers the warden's requests to its firmware in a thread of its own, as long as the keep runs: on a connection that it opens itself,
/// again whenever the warden closed it. Collects the warden's last words on the way.
class FirmwareChannel {
public:
    using Answer = std::function<Bytes(ByteView request)>; ///< 96 bytes in; the response, or nothing
    /// `pidfd` and `words` are watched; `words` may be missing.
    FirmwareChannel(std::filesystem::path socket, int pidfd, Fd words, Answer answer);
    /// Ends the thread.
    ~FirmwareChannel();
    FirmwareChannel(const FirmwareChannel &) = delete;
    FirmwareChannel &operator=(const FirmwareChannel &) = delete;

    /// The end of what the warden wrote to its standard output and error.
    [[nodiscard]] std::string lastWords();

private:
    void connect();
    void serve();
    void readWords();
    [[nodiscard]] bool readRequests();
    [[nodiscard]] bool reply(ByteView request);

    static constexpr std::size_t wordsLimit = 4096;

    std::filesystem::path m_socket;
    int m_pidfd;
    Answer m_answer;
    Fd m_stop, m_stream;
    Bytes m_input, m_output;
    std::mutex m_mutex;
    Fd m_words; // guarded by m_mutex
    std::string m_heard; // guarded by m_mutex
    std::jthread m_thread;
};

} // namespace kastellan::sev
