// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace kastellan::warden {

/// The first program of a virtual machine that is a keep (docs/session.md, Machines). Two processes: the first makes the machine's world,
/// then waits, reaps, and powers the machine off when the other one has ended, however that was; it holds no key and reads nothing. The
/// other one is the warden as in a process keep. What fails is told on the console, in words that have nothing of the workload. Returns
/// only when the machine cannot be switched off.
[[nodiscard]] int beFirstProgram();

} // namespace kastellan::warden
