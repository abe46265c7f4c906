// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "core/base/fd.h"

#include <filesystem>

namespace kastellan::sev {

/// The first byte of a connection to the warden says what it is for.
enum class WardenStream : char { Session = 'S', Firmware = 'F' };

/// Where the keep's warden listens: runtimeFolder()/<first 16 hex digits of its id>.warden.
[[nodiscard]] std::filesystem::path wardenSocketPath(const KeepId &keep);
/// Makes the socket, for its own user alone. What an earlier keep left there is removed.
[[nodiscard]] Result<Fd> listenForWarden(const std::filesystem::path &path);
/// Connects and says what for. The stream does not block.
[[nodiscard]] Result<Fd> connectToWarden(const std::filesystem::path &path, WardenStream purpose);

} // namespace kastellan::sev
