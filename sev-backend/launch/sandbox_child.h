// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <linux/filter.h>

namespace kastellan::sev {

/// A step between clone and exec. Each can fail, and the error names it.
enum class SandboxStep : std::uint8_t {
    Control, ///< the talk with the launcher
    PrivateMounts,
    RootFolder,
    Ids,
    Folder,
    File,
    RunFolder,
    ReadOnly,
    NewRoot,
    HostName,
    Descriptors,
    Limits,
    Capabilities,
    NoNewPrivileges,
    Landlock,
    Seccomp,
    Execute,
};
[[nodiscard]] std::string_view describe(SandboxStep step); ///< "mount the keep's root folder"
[[nodiscard]] std::string_view remedy(SandboxStep step); ///< what may help; can be empty

/// What the child tells its launcher through the control socket.
struct SandboxReport {
    std::uint32_t ready = 0; ///< 1: all is in force, it waits for the word to execute; 0: the step failed
    SandboxStep step = SandboxStep::Control;
    std::int32_t error = 0; ///< errno
    std::int32_t item = -1; ///< which file or folder
};

/// One file for the child to write. Paths are relative to the root: "usr/bin/keep-warden".
struct SandboxFile {
    const char *path = nullptr;
    std::uint32_t mode = 0;
    int memory = -1; ///< the sealed memory file with its content
    std::size_t size = 0;
};

/// All that the child needs, laid out before it is cloned: it may not allocate. Lists of texts end in nullptr.
struct SandboxTask {
    bool isolated = true; ///< in namespaces of its own, under Landlock and seccomp; otherwise a plain process
    bool twoIds = false;
    /// With one id the child writes these into its own setgroups, gid_map and uid_map; with two the launcher does it, for it takes rights
    /// outside.
    const char *ownGidMap = nullptr, *ownUidMap = nullptr;
    int folder = -1; ///< not isolated: where the files are written
    const char *rootSize = nullptr, *rootNodes = nullptr; ///< of the tmpfs: "size" and "nr_inodes"
    const char *runSize = nullptr;
    std::vector<const char *> folders; ///< parents first
    std::vector<SandboxFile> files;
    std::vector<const char *> readable; ///< for Landlock: the folders at the top of the image
    int landlockVersion = 0;
    sock_fprog filter{};
    int launcherControl = -1; ///< the launcher's end, which the child must not hold: it would never see its launcher die
    int control = -1, null = -1, words = -1, listener = -1;
    std::vector<char *> arguments, environment;
    const char *program = nullptr;
};

/// The child's life up to exec. Makes nothing but system calls. Never returns.
[[noreturn]] void runSandboxChild(const SandboxTask &task);

} // namespace kastellan::sev
