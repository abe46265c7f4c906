// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "core/base/fd.h"

#include <functional>

namespace kastellan::sev {

/// Serves the warden's port to the firmware (docs/session.md, Firmware): u32 command and a request; u32 length and the response.
class FirmwarePort {
public:
    using Answer = std::function<Bytes(ByteView request)>; ///< 96 bytes in, the response out; nothing: refused
    FirmwarePort(Fd stream, Answer answer)
        : m_stream(std::move(stream))
        , m_answer(std::move(answer))
    {
    }
    [[nodiscard]] int fd() const { return m_stream.get(); }
    /// What to wait for (poll).
    [[nodiscard]] short wanted() const;
    /// Reads, answers and writes what can be, without waiting.
    void handle();
    /// What was half received and half sent is forgotten.
    void reset();

private:
    void write();
    Fd m_stream;
    Answer m_answer;
    Bytes m_input, m_output;
};

} // namespace kastellan::sev
