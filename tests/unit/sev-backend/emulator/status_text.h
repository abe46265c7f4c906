// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/emulator/emulated_command.h"

#include <QTest>

namespace kastellan::test {

/// "POLICY_FAILURE (0x07): …", for messages of failed comparisons.
inline QString statusText(sev::FirmwareStatus status)
{
    return status == sev::firmwareBusy ? QStringLiteral("busy") : QString::fromStdString(sev::message(status));
}
template <typename T>
sev::FirmwareStatus statusOf(const sev::Answer<T> &answer)
{
    return answer ? sev::FirmwareStatus::Success : answer.error();
}

} // namespace kastellan::test

#define COMPARE_STATUS(answer, expected)                                                                                                   \
    QCOMPARE(kastellan::test::statusText(kastellan::test::statusOf(answer)),                                                               \
        kastellan::test::statusText(kastellan::sev::FirmwareStatus::expected))
