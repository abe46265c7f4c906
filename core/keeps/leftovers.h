// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/plan.h"

#include <array>
#include <chrono>
#include <filesystem>

namespace kastellan::keeps {

/// What a keep's folder says of machines elsewhere: each is written before anything is made, and removed after all of it is gone.
inline constexpr std::array<const char *, 2> machineNotes = {"machine.json", "cluster.json"};

/// Whether a keep that has ended left something on its host, which could not be told to take it away.
[[nodiscard]] bool hasLeftovers(const KeepStatus &status, const std::filesystem::path &folder);
/// Puts into the status' reason what is left, where, and why.
void tellLeft(KeepStatus &status, std::string_view left, const Error &why);
/// Puts there that it was taken away after all.
void tellCleared(KeepStatus &status);
/// What the reason says is left; general words where it says nothing.
[[nodiscard]] std::string leftWords(const KeepStatus &status);

/// Starts a loader that takes away what an ended keep left, unless one is at it, or nothing is left. It goes on trying for ten minutes,
/// also when the host answers again only later. Returns at once.
[[nodiscard]] Status clearLeftovers(const KeepId &id);
/// The same for every keep: at a program's start, and wherever keeps are looked at.
void clearAllLeftovers();
/// Waits until that loader has ended, at most so long.
void waitForClearing(const KeepId &id, std::chrono::milliseconds patience);

} // namespace kastellan::keeps
