// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/launch/emulated_host.h"
#include "tests/support/data_folder.h"

#include <map>
#include <set>

namespace kastellan::test {

/// A host with a small keep image: the probe as its warden, and one more file.
class SandboxScene {
public:
    SandboxScene();

    [[nodiscard]] sev::EmulatedHostOptions options() const; ///< with the image as it lies there now for a reference
    [[nodiscard]] LaunchPlan plan(sev::EmulatedHost &host) const; ///< of a new keep
    [[nodiscard]] std::filesystem::path folder(const LaunchPlan &plan) const; ///< made on first call
    [[nodiscard]] std::filesystem::path image() const { return m_data.path() / "image"; }
    [[nodiscard]] std::filesystem::path runtime() const { return m_data.path() / "run" / "kastellan"; }

private:
    DataFolder m_data;
};

/// A conversation with the probe in a keep.
class Probe {
public:
    explicit Probe(RunningKeep &keep);
    /// Says a line and yields the answer; "" when the keep does not answer.
    std::string ask(const std::string &line);
    std::map<std::string, std::string> facts();

private:
    Fd m_stream;
};

/// Every process, by number, that is in the pid namespace that this link names.
[[nodiscard]] std::set<int> processesIn(const std::string &pidNamespace);
/// Lines of our own mount table that name the text.
[[nodiscard]] int mountsNaming(const std::string &text);
[[nodiscard]] std::string contentOf(const std::filesystem::path &path);
void writeFile(const std::filesystem::path &path, std::string_view content, unsigned mode = 0644);

} // namespace kastellan::test
