// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/presenter/caller.h"
#include "sev-backend/presenter/tree.h"

namespace kastellan::sev {

/// Where folders of ours lie that were given to programs (handles.h): a path below it means the emulated one.
struct ShadowFolder {
    std::string path; ///< empty: there is none
    /// The emulated path that a path below it stands for; nothing for any other.
    [[nodiscard]] std::optional<std::string> emulated(std::string_view path) const;
};

/// The name of a file of ours as descriptors show it: "/memfd:TOKEN:/dev/sev (deleted)".
struct HandleNames {
    std::string token;
    [[nodiscard]] std::optional<std::string> emulated(std::string_view link) const;
};

/// What a path in a system call means to the thread that made it: absolute, without links, dots and doubled slashes, in the thread's own
/// root folder; links lead into emulated folders too. Nothing when it cannot be one of ours: then the kernel says what it is.
[[nodiscard]] std::optional<std::string> resolvePath(const Caller &caller, const Tree &tree, const ShadowFolder &shadow,
    const HandleNames &names, int folder, std::string_view path, bool followLast);

} // namespace kastellan::sev
