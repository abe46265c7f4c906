// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "core/base/fd.h"

#include <QtCore/QByteArray>
#include <QtCore/QString>
#include <QtCore/QTemporaryDir>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace kastellan::test {

/// What a virtual machine needs, and where it was found.
struct MachineParts {
    std::string kernel; ///< KASTELLAN_TEST_KERNEL, else the built keep image's, else the cloud kernel in /boot
    std::string kernelName; ///< "kastellan" when it is ours: with the secret area and no modules
    std::string firmware; ///< OVMF's AmdSev build, or empty
    std::string missing; ///< why there can be no machine; empty: there can
};
[[nodiscard]] const MachineParts &machineParts();

/// Answers the 96 bytes of a report request with the firmware's response.
using AnswerFirmware = std::function<Bytes(ByteView request)>;

struct MachineOptions {
    std::string words = {}; ///< more words for the command line
    AnswerFirmware firmware = {}; ///< behind the firmware port; without one there is none
    bool sessionPort = true;
    /// In guest memory, where the firmware's footer says; then OVMF boots, with the hashes of what is booted.
    std::optional<Bytes> secretArea = {};
    unsigned memoryMiB = 512;
    std::string processor = "max,erms=off,fsrm=off";
    std::string init = {}; ///< a program in place of the warden as /init
};

/// The keep image's initrd in a virtual machine under QEMU without KVM. Ends with the object.
class Machine {
public:
    explicit Machine(const MachineOptions &options);
    ~Machine();
    Machine(const Machine &) = delete;
    Machine &operator=(const Machine &) = delete;

    /// A new client of the session port. QEMU serves one at a time.
    [[nodiscard]] Fd connect() const;
    /// What the console said so far.
    [[nodiscard]] QByteArray console() const;
    /// Whether it has ended by itself within this time.
    [[nodiscard]] bool ended(int milliseconds);
    /// Processor seconds that it took so far.
    [[nodiscard]] double processorSeconds() const;
    [[nodiscard]] pid_t process() const { return m_process; }

private:
    void serveFirmware(const AnswerFirmware &answer);
    QTemporaryDir m_folder;
    std::string m_session, m_firmware;
    pid_t m_process = -1;
    Fd m_handle;
    std::thread m_firmwareThread;
    Fd m_firmwareStop;
};

/// A way between an owner and the port that can be cut after so many bytes, or closed. Both ends' bytes pass through a thread.
class Relay {
public:
    /// `bytes`: how many of the owner's pass; then the port is closed at once.
    Relay(Fd port, std::uint64_t bytes);
    ~Relay();
    Relay(const Relay &) = delete;
    Relay &operator=(const Relay &) = delete;
    [[nodiscard]] Fd takeOwner() { return std::move(m_owner); }

private:
    Fd m_owner, m_stop;
    std::thread m_thread;
};

} // namespace kastellan::test
