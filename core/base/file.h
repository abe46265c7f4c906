// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "core/base/fd.h"

#include <cstdint>
#include <filesystem>

#include <sys/types.h>

namespace kastellan {

/// What `open` says of a file that is to be read: an Input error when there is no such file, else an Environment error.
[[nodiscard]] std::unexpected<Error> cannotOpen(std::string what, std::string where, int number);
/// The whole file, which must be a regular file (or a pipe) of at most `limit` bytes; larger is an Input error that names both sizes.
[[nodiscard]] Result<Bytes> readFile(const std::filesystem::path &path, std::uint64_t limit);
/// Writes the file whole or not at all: a temporary file beside it, fsync, rename, fsync of the folder. A crash leaves the old or the new
/// content.
[[nodiscard]] Status writeFileAtomically(const std::filesystem::path &path, ByteView content, mode_t mode = 0600);
/// Makes the folder and its missing parents, each with the mode; an existing last one must belong to us.
[[nodiscard]] Status makeFolder(const std::filesystem::path &path, mode_t mode = 0700);
/// Writes all bytes to a descriptor, through partial writes and EINTR.
[[nodiscard]] Status writeAll(int fd, ByteView content, std::string_view where);
/// An exclusive lock on a file (made when missing), held until the descriptor is closed. Waits.
[[nodiscard]] Result<Fd> lockFile(const std::filesystem::path &path);

/// $XDG_DATA_HOME/kastellan, or ~/.local/share/kastellan; KASTELLAN_DATA overrides. Not made by this call.
[[nodiscard]] std::filesystem::path dataFolder();
/// $XDG_CACHE_HOME/kastellan, or ~/.cache/kastellan.
[[nodiscard]] std::filesystem::path cacheFolder();
/// For sockets: $XDG_RUNTIME_DIR/kastellan, or /tmp/kastellan-UID when there is none. Short enough for a socket's path.
[[nodiscard]] std::filesystem::path runtimeFolder();
/// The folder of the running program: /proc/self/exe without its last part.
[[nodiscard]] std::filesystem::path programFolder();

} // namespace kastellan
