// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kastellan {

/// What a host said when it was last looked at. It is the host's own word: help, never proof.
struct HostLook {
    std::int64_t time = 0; ///< Unix seconds
    std::string state = "unknown"; ///< "ready", "not ready", "unknown"
    std::string why; ///< one sentence
    std::string remedy;
    std::string platform;
    bool machines = false; ///< keeps can be launched there, as virtual machines
    bool rehearses = false;
    std::vector<std::string> technologies; ///< "snp", "es", "sev", those that it offers, strongest first
    std::vector<std::pair<std::string, std::string>> facts; ///< for showing
    bool operator==(const HostLook &) const = default;
};

/// A host that the person added: a libvirt connection, a cluster, or a machine that is reached by ssh.
struct KnownHost {
    std::string id; ///< its address: "qemu+ssh://epyc1/system"
    std::string name; ///< what the person calls it; may be empty
    std::int64_t added = 0; ///< Unix seconds
    std::optional<HostLook> look; ///< none: never looked at
    bool operator==(const KnownHost &) const = default;
};

inline constexpr std::size_t mostKnownHosts = 10'000;

/// The hosts that this user added, in the order of adding, from hosts.json in the data folder (0600, written whole or not at all, changed
/// under a lock). A damaged file, or one of a newer version, is an error: it never counts as none.
[[nodiscard]] Result<std::vector<KnownHost>> knownHosts();
/// By id or name; nothing where there is none.
[[nodiscard]] Result<std::optional<KnownHost>> knownHost(std::string_view idOrName);
/// Adds one. The address is checked by the caller, who knows its scheme; here its length and characters, and the name: letters, digits,
/// '.',
/// '_' and '-', at most 64, no word that means another host. An address or a name that is there already is an Input error, unless the
/// address is the same and gets another name.
[[nodiscard]] Result<KnownHost> addKnownHost(std::string_view id, std::string_view name = {});
/// By id or name; false when there was none. Keeps and records stay.
[[nodiscard]] Result<bool> removeKnownHost(std::string_view idOrName);
/// Stores what was found. One that was removed meanwhile is passed over. Texts are cut to what is stored.
[[nodiscard]] Status storeHostLooks(const std::vector<std::pair<std::string, HostLook>> &looks);

/// For programs (docs/json.md), and reading it back: bounded, nothing in it is trusted.
[[nodiscard]] std::string toJson(const HostLook &look);
[[nodiscard]] Result<HostLook> hostLookFromJson(std::string_view json, std::string_view where);

} // namespace kastellan
