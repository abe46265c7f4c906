// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kastellan::sev {

/// One thing that was looked at on a host: its value, or why there is none.
struct Fact {
    enum class Had {
        Value,
        Absent, ///< looked for, and not there
        Denied, ///< this user may not look
        Failed, ///< looking failed in another way
        NotLooked, ///< nobody looked: probes were not wanted, or there was no way
    };
    Had had = Had::NotLooked;
    std::string value;
    std::string how; ///< "CPUID 0x8000001f EAX", "/proc/cmdline"
    std::string why; ///< where there is no value
    bool operator==(const Fact &) const = default;
};
[[nodiscard]] std::string_view name(Fact::Had had); ///< "value", "absent", "denied", "failed", "not looked"

/// All that was looked at on a host, by key (docs/readiness.md lists the keys). What is judged is judged from this alone, so that another
/// machine can do it.
class HostFacts {
public:
    std::string host = "local"; ///< id of the host
    std::string title; ///< for people
    std::int64_t time = 0; ///< Unix seconds
    std::string root = "/"; ///< the file tree that was looked at
    std::string recordedBy; ///< program and version
    bool recording = false; ///< read from a capability file: another machine, or another time

    void set(std::string key, std::string value, std::string how);
    void set(std::string key, std::uint64_t value, std::string how) { set(std::move(key), std::to_string(value), std::move(how)); }
    void setHex(std::string key, std::uint64_t value, std::string how);
    void setFlag(std::string key, bool value, std::string how) { set(std::move(key), value ? "yes" : "no", std::move(how)); }
    void absent(std::string key, std::string how, std::string why = "it is not there");
    void notLooked(std::string key, std::string how, std::string why);
    /// Absent, Denied or Failed, by the number of an error (errno).
    void error(std::string key, std::string how, int number);
    void failed(std::string key, std::string how, std::string why);
    void put(std::string key, Fact fact) { m_facts[std::move(key)] = std::move(fact); }
    void erase(std::string_view key);

    [[nodiscard]] const Fact *find(std::string_view key) const;
    /// The value; nothing where there is none.
    [[nodiscard]] std::optional<std::string_view> text(std::string_view key) const;
    /// Decimal, or hexadecimal with 0x; nothing where there is no such number.
    [[nodiscard]] std::optional<std::uint64_t> number(std::string_view key) const;
    /// "yes", "Y", "y", "1", "on" and their opposites.
    [[nodiscard]] std::optional<bool> flag(std::string_view key) const;
    [[nodiscard]] bool has(std::string_view key) const { return text(key).has_value(); }
    /// Looked for and not there: certain, unlike what could not be looked at.
    [[nodiscard]] bool isAbsent(std::string_view key) const;
    /// Why there is no value, as the end of a sentence: "permission denied (/dev/cpu/*/msr)".
    [[nodiscard]] std::string why(std::string_view key) const;
    /// The names between `prefix` and the next dot of all keys that begin with it: of "image." the "0", "1"… In order.
    [[nodiscard]] std::vector<std::string> below(std::string_view prefix) const;

    [[nodiscard]] const std::map<std::string, Fact, std::less<>> &all() const { return m_facts; }

private:
    std::map<std::string, Fact, std::less<>> m_facts;
};

/// A value that several processors have.
struct CpuGroup {
    std::uint64_t value = 0;
    std::string cpus; ///< "0-63,128"
    std::uint64_t count = 0;
};
/// Values by processor as one text: "0xf40000 on 0-255", or "0xf40000 on 0-254; 0x740000 on 255".
[[nodiscard]] std::string perCpuText(const std::map<unsigned, std::uint64_t> &values);
/// The groups of such a text; empty when it is none.
[[nodiscard]] std::vector<CpuGroup> perCpuGroups(std::string_view text);

/// A decimal number, or a hexadecimal one with 0x, and nothing else.
[[nodiscard]] std::optional<std::uint64_t> factNumber(std::string_view text);

} // namespace kastellan::sev
