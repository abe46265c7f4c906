// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/file.h"
#include "tests/integration/scene/scene.h"

#include <QtCore/QByteArray>

#include <string>

namespace kastellan::test {

/// Faults for the loaders that are started while it lives (faulty_firmware.cpp says which there are).
class Faults {
public:
    explicit Faults(const std::string &faults) { ::setenv("KASTELLAN_TEST_FAULT", faults.c_str(), 1); }
    ~Faults() { ::unsetenv("KASTELLAN_TEST_FAULT"); }
    Faults(const Faults &) = delete;
    Faults &operator=(const Faults &) = delete;
};

/// A point at which a loader's firmware waits until it is let go: 0 before the launch, N before the answer to the Nth request.
class HoldPoint {
public:
    HoldPoint(const Scene &scene, unsigned number)
        : m_file((scene.folder().path() / ("hold-" + std::to_string(number))).string())
        , m_faults("hold=" + std::to_string(number) + ":" + m_file)
    {
    }
    ~HoldPoint() { release(); }
    [[nodiscard]] bool reached(Watch &watch) const
    {
        return watch.until([this] { return std::filesystem::exists(m_file + ".held"); });
    }
    void release() const { (void)writeFileAtomically(m_file, {}); }

private:
    std::string m_file;
    Faults m_faults;
};

/// Which request of the guest is made in a state.
inline constexpr unsigned atStarting = 0, atWardensOwn = 1, atAttesting = 2, atDelivering = 3;

} // namespace kastellan::test
