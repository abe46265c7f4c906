// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"
#include "sev-backend/emulator/processor.h"

#include <filesystem>
#include <memory>
#include <string>

namespace kastellan::sev {

/// Whose libvirt starts the stand-in for QEMU.
enum class RehearsalDaemon {
    Session, ///< the session daemon of this user: QEMU runs as this user
    System, ///< root's daemon: QEMU runs as `user`, and what it needs has to belong to that user. Made by root alone
};

/// What a rehearsal's stand-in for QEMU has to know. libvirt clears its environment, so all of it goes into `rehearsal.json`.
struct RehearsalPlace {
    std::filesystem::path folder; ///< where the emulator folders are made, one for each different content; empty: dataFolder()/"rehearsal",
                                  ///< for a system daemon /var/lib/kastellan/rehearsal
    RehearsalDaemon daemon = RehearsalDaemon::Session;
    std::string user = "libvirt-qemu"; ///< who runs QEMU for a system daemon (its qemu.conf)
    std::filesystem::path program; ///< keep-qemu; empty: beside this program, else the installed one
    std::filesystem::path qemu; ///< the real one; empty: qemu-system-x86_64 of /usr/bin, /usr/local/bin or /usr/libexec
    std::filesystem::path
        emulated; ///< the emulated processor's folder; empty: dataFolder()/"emulated", for a system daemon folder/"emulated"
    std::string profile; ///< id of the emulated processor ("milan"); empty: the default one
    std::string seed; ///< of the emulated processor (ProcessorOptions)
    std::filesystem::path log; ///< what the stand-in did, appended; empty: none. Never holds a secret
    std::string faults; ///< what goes wrong on purpose, as FaultPlan::parse reads it
};

/// Makes a folder with the link `qemu-system-x86_64` to our stand-in and `rehearsal.json`, and returns the link's path, for <emulator>. Its
/// name follows from what is in it, from the stand-in and from the real QEMU, so that libvirt, which remembers a program's abilities by its
/// path, looks again when anything changed. Made once, then found. The emulated processor's identity is made where it is missing (seconds,
/// on first use). Input errors: an unknown profile or fault; Environment errors: no QEMU, no stand-in, no access for the daemon's user.
[[nodiscard]] Result<std::filesystem::path> makeRehearsalEmulator(
    const RehearsalPlace &place, const EmulatorProgress &progress = {}, const std::stop_token &stop = {});

/// The emulated processor that guests of this place are measured by: its endorsements and its root.
[[nodiscard]] Result<std::unique_ptr<Processor>> openRehearsalProcessor(
    const RehearsalPlace &place, const EmulatorProgress &progress = {}, const std::stop_token &stop = {});

/// Why rehearsals can't run here, with the remedy: no real QEMU, no stand-in. Looks only.
[[nodiscard]] Status checkRehearsal(const RehearsalPlace &place = {});

/// The name of the file beside the link.
inline constexpr const char *rehearsalFile = "rehearsal.json";

} // namespace kastellan::sev
