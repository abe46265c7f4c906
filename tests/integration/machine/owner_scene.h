// SPDX-License-Identifier: Apache-2.0
// An owner at the host's end of a machine's port, and the emulated firmware behind the other one.
#pragma once

#include "../../unit/core/session/fake_keep.h"

#include "sev-backend/emulator/processor.h"
#include "tests/integration/machine/machine.h"

#include <QtCore/QByteArray>

namespace kastellan::test {

/// The owner's machine: a key, a keep, and a guest of the emulated processor that carries the key's digest.
class OwnerScene {
public:
    OwnerScene();
    /// For MachineOptions::firmware.
    [[nodiscard]] AnswerFirmware firmware();

    struct Workload {
        std::string module; ///< path
        std::string config;
        std::vector<std::pair<std::string, std::string>> secrets;
        bool compiled = false; ///< with ahead-of-time code
    };
    /// A session that stands and was challenged.
    [[nodiscard]] std::unique_ptr<FakeOwner> challenged(Fd stream) const;
    /// The same, with the workload delivered and started.
    [[nodiscard]] std::unique_ptr<FakeOwner> launched(Fd stream, const Workload &workload) const;
    /// A session that goes on where an earlier one's output ended.
    [[nodiscard]] std::unique_ptr<FakeOwner> resumed(Fd stream, std::uint64_t logged) const;

    std::string key;
    Sha256 keyDigest;
    KeepId keep = randomFixed<KeepId>();

private:
    std::shared_ptr<sev::Processor> m_processor;
    sev::GuestHandle m_guest;
};

/// Lets an owner work until `done`, or until the session has failed, or so long.
bool until(const FakeOwner &owner, const std::function<bool()> &done, int milliseconds = 90'000);
[[nodiscard]] QByteArray text(const Bytes &bytes);
/// What went wrong in a session, for a test's message.
[[nodiscard]] std::string trouble(const FakeOwner &owner);

} // namespace kastellan::test
