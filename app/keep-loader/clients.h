// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine.h"

#include "core/keeps/loader_protocol.h"

#include <filesystem>
#include <map>
#include <memory>

namespace kastellan::loader {

/// The loader's socket and the windows and commands that are connected to it. Only processes of the same user are served.
/// A client that does not read is dropped when too much waits for it; the keep never waits for one.
class Clients {
public:
    Clients(PollLoop &loop, std::filesystem::path path);
    ~Clients();
    Clients(const Clients &) = delete;
    Clients &operator=(const Clients &) = delete;

    /// Binds the socket with mode 0600; a stale one of a dead loader is replaced.
    [[nodiscard]] Status listen();
    void attach(Engine &engine) { m_engine = &engine; }

    void tell(const KeepEvent &event);
    void tellStatus(const KeepStatus &status);
    /// To those that asked for it.
    void tellUse(const RunningKeep::Use &use);
    /// Says goodbye and calls `done` when every client has read everything, or after a moment.
    void close(std::function<void()> done);

private:
    struct Client {
        Fd fd;
        int watch = 0;
        LineReader lines{requestLimit};
        std::string outgoing;
        bool closing = false;
        bool gone = false; ///< nothing reaches it any more; what it sent before is still to be read
        bool watchesUse = false;
        bool givesInput = false; ///< only such a one is held back while the keep takes no input: "stop" is heard from all others
    };
    void accept();
    void ready(int number, short events);
    void send(Client &client, std::string_view text);
    [[nodiscard]] bool flush(Client &client); ///< false: it is gone
    enum class Got { Data, Nothing, End };
    [[nodiscard]] Got read(Client &client);
    void handle(Client &client, const Request &request);
    void watchUse();
    void drop(int number);
    void finishWhenEmpty();

    PollLoop &m_loop;
    std::filesystem::path m_path;
    Fd m_socket;
    int m_watch = 0;
    Engine *m_engine = nullptr;
    std::map<int, std::unique_ptr<Client>> m_clients;
    int m_next = 0;
    std::function<void()> m_done;
};

} // namespace kastellan::loader
