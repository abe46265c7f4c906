// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keep-warden/stream_source.h"

namespace kastellan::warden {

/// A listening socket. The first byte of a connection says what it is: 'S' a session, 'F' the firmware.
class SocketSource final : public StreamSource {
public:
    explicit SocketSource(Fd listener);
    void wants(std::vector<pollfd> &fds) const override;
    [[nodiscard]] Result<bool> serve(const pollfd &ready, StreamTaker &taker) override;
    [[nodiscard]] int timeout(Clock::time_point now) const override;
    [[nodiscard]] Status tick(Clock::time_point now, StreamTaker &taker) override;

private:
    struct Knock ///< a connection whose first byte has not come yet
    {
        Fd stream;
        Clock::time_point until;
    };
    void accept(StreamTaker &taker);
    void answer(std::size_t knock, StreamTaker &taker);

    Fd m_listener;
    std::vector<Knock> m_knocks;
};

} // namespace kastellan::warden
