// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/emulator/profile.h"

#include <QTest>

namespace kastellan::test {

/// Data rows for every emulated processor, version of the report, and chip id shown or masked: "profile", "version", "masked".
inline void addProfileRows()
{
    QTest::addColumn<QString>("profile");
    QTest::addColumn<unsigned>("version");
    QTest::addColumn<bool>("masked");
    for (const auto &profile : sev::profiles())
        for (const unsigned version : {2u, 3u, 4u, 5u})
            for (const bool masked : {false, true})
                QTest::addRow("%s v%u%s", std::string(profile.id).c_str(), version, masked ? " masked" : "")
                    << QString::fromStdString(std::string(profile.id)) << version << masked;
}

} // namespace kastellan::test
