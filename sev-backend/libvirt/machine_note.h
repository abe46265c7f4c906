// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/libvirt/place.h"

namespace kastellan::sev::libvirt {

/// What a keep's folder remembers of its machine, so that a loader that takes over finds it and takes away all that it left.
struct MachineNote {
    std::string uri;
    std::string technology;
    bool rehearsal = false;
    bool unanswered = false; ///< the daemon was told to make the machine, and did not answer yet
    Upload upload;
    bool operator==(const MachineNote &) const = default;
};

/// Its file there, written before anything is made on the host and removed after all of it is gone. Holds no secret.
inline constexpr const char *machineNoteFile = "machine.json";

[[nodiscard]] std::string toJson(const MachineNote &note);
/// Bounded. Names of volumes and pools are held to what we give.
[[nodiscard]] Result<MachineNote> machineNoteFrom(std::string_view json);
/// What it names, for people.
[[nodiscard]] std::string leftOf(const MachineNote &note, const std::string &domain);
[[nodiscard]] Status saveNote(const std::filesystem::path &folder, const MachineNote &note);
[[nodiscard]] Result<MachineNote> loadNote(const std::filesystem::path &folder);

} // namespace kastellan::sev::libvirt
