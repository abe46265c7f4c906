// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keep-warden/port_stream.h"
#include "app/keep-warden/report_source.h"

namespace kastellan::warden {

/// The emulated firmware behind a virtio port, in rehearsals: the same words as on a connection (docs/session.md, Firmware), over a stream
/// that may hold bytes that nobody asked for, and at whose other end may be nobody yet.
class FirmwarePort final : public ReportSource {
public:
    explicit FirmwarePort(PortStream port, std::chrono::milliseconds patience = std::chrono::seconds(20))
        : m_port(std::move(port))
        , m_patience(patience)
    {
    }
    [[nodiscard]] Result<Bytes> report(const ReportData &data) override;

private:
    [[nodiscard]] Status discardStale();
    [[nodiscard]] Status write(ByteView bytes);
    [[nodiscard]] Status read(std::span<std::uint8_t> target);

    PortStream m_port;
    std::chrono::milliseconds m_patience; ///< without a byte
};

} // namespace kastellan::warden
