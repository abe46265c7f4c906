// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kastellan::sev::kubevirt {

/// What the cluster says of a VirtualMachineInstance at one time. All of it is the cluster's word.
struct VmiState {
    std::string name, uid, resourceVersion;
    std::string phase; ///< "", Pending, Scheduling, Scheduled, Running, Succeeded, Failed, Unknown
    std::string node;
    std::string reason;
    struct Condition {
        std::string type, status, reason, message;
        bool operator==(const Condition &) const = default;
    };
    std::vector<Condition> conditions;
    std::string launchSecurity; ///< of its spec, as JSON: what is really asked for, after every webhook
    bool deleting = false; ///< a deletion was asked for
    bool gone = false; ///< it is not there any more
    [[nodiscard]] bool ended() const { return gone || phase == "Succeeded" || phase == "Failed"; }
    [[nodiscard]] bool paused() const;
    /// The phase with what hinders it: "Scheduling: Unschedulable: 0/3 nodes are available…".
    [[nodiscard]] std::string sentence() const;
};

/// From an object of the API. Texts are made fit for messages.
[[nodiscard]] Result<VmiState> parseVmi(std::string_view json);

/// One line of a watch.
struct WatchEvent {
    enum class Kind { Changed, Gone, Bookmark, Expired, Failure } kind = Kind::Changed;
    VmiState state; ///< Changed, Gone; of a Bookmark the resourceVersion alone
    std::string message; ///< Failure, Expired
    long code = 0; ///< Failure: as of HTTP
};
[[nodiscard]] Result<WatchEvent> parseWatchEvent(std::string_view line);

/// A list with at most one such object, and the version of the list: where a watch goes on from.
struct VmiList {
    std::optional<VmiState> vmi;
    std::string resourceVersion;
};
[[nodiscard]] Result<VmiList> parseVmiList(std::string_view json, std::string_view name);

} // namespace kastellan::sev::kubevirt
