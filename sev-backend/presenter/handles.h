// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"
#include "core/base/fd.h"
#include "sev-backend/presenter/path.h"

#include <expected>
#include <map>
#include <mutex>

namespace kastellan::sev {

/// The real files that stand for emulated ones in the programs: sealed, empty memory files whose name says what they are, so that
/// descriptors can be copied, inherited and sent, and are known again without any list; and for folders real ones with the right names
/// in them, in a place of ours that goes with this object. Safe in several threads.
class Handles {
public:
    [[nodiscard]] static Result<std::unique_ptr<Handles>> make();
    ~Handles();
    Handles(const Handles &) = delete;
    Handles &operator=(const Handles &) = delete;

    /// A new descriptor of ours that can be given away; `flags` as for open(2). Else an errno.
    [[nodiscard]] std::expected<Fd, int> open(const Node &node, const Tree &tree, int flags);

    /// The file behind such a place as "/proc/123/fd/4", open for writing, when it is one of ours for this emulated path; else none. A
    /// program may put another file there at any time: what is there is not opened before it is known.
    [[nodiscard]] Fd reopened(const std::string &place, const std::string &path) const;

    /// Removes the real folders; at the end, when a thread may still hold this object.
    void clear();

    [[nodiscard]] const HandleNames &names() const { return m_names; }
    [[nodiscard]] const ShadowFolder &shadow() const { return m_shadow; }

private:
    Handles() = default;
    [[nodiscard]] Fd memoryFile(const std::string &path, bool sealed) const;
    [[nodiscard]] std::expected<Fd, int> openFolder(const Node &node, const Tree &tree);

    HandleNames m_names;
    ShadowFolder m_shadow;
    std::mutex m_mutex;
    std::map<std::string, Fd> m_devices; ///< by path
};

} // namespace kastellan::sev
