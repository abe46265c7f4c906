// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keep-warden/report_source.h"
#include "core/base/fd.h"

#include <span>

namespace kastellan::warden {

/// The emulated firmware behind a stream that its host has opened (docs/session.md, Firmware): the command SNP_GET_REPORT, u32 0, and a
/// 96-byte request; a u32 length and the firmware's answer.
class FirmwareConnection final : public ReportSource {
public:
    /// Takes the place of an earlier connection: the newest loader's firmware answers.
    void attach(Fd stream);
    [[nodiscard]] bool attached() const { return static_cast<bool>(m_stream); }
    [[nodiscard]] int fd() const { return m_stream.get(); }
    /// The stream is readable though nothing was asked: its host is gone.
    void hungUp() { m_stream.reset(); }
    [[nodiscard]] Result<Bytes> report(const ReportData &data) override;

private:
    [[nodiscard]] Status write(ByteView bytes);
    [[nodiscard]] Status read(std::span<std::uint8_t> target);
    [[nodiscard]] Result<Bytes> ask(ByteView question);
    Fd m_stream;
};

} // namespace kastellan::warden
