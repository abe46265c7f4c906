// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>

namespace kastellan::sev {

/// How waiting for work ended.
enum class Waited : std::uint8_t { Done, TooLong, Stopped };

/// For calls that can neither be given a time nor be stopped, as libvirt's: does `work` in a thread of its own and waits for it, at most
/// for `time`, or until `stop` asks. What was not done by then goes on until it ends by itself, and nobody hears of it: so `work` must own,
/// or share, all that it touches.
[[nodiscard]] Waited withinTime(std::function<void()> work, std::chrono::milliseconds time, const std::stop_token &stop);

/// How long a libvirt daemon is waited for.
inline constexpr std::chrono::seconds libvirtPatience{30}, localLibvirtPatience{10};

} // namespace kastellan::sev
