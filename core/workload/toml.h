// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace kastellan::workload {

struct TomlEntry;

/// A value of a TOML file, with where it stands. Plain data: the TOML library stays in toml.cpp.
struct TomlValue {
    enum class Kind : std::uint8_t { String, Integer, Float, Boolean, Date, Array, Table };
    Kind kind = Kind::Table;
    unsigned line = 0; ///< from 1
    std::string text; ///< String
    std::int64_t integer = 0; ///< Integer
    bool boolean = false; ///< Boolean
    std::vector<TomlValue> array; ///< Array
    std::vector<TomlEntry> table; ///< Table, in the order of the file
};
struct TomlEntry {
    std::string key;
    unsigned line = 0;
    TomlValue value;
};

/// The largest configuration file that is read, in bytes.
inline constexpr std::size_t tomlLimit = 1'000'000;

/// TOML 1.0. Errors name file and line.
[[nodiscard]] Result<TomlValue> parseToml(std::string_view text, std::string_view file);

/// One table of a configuration, read key by key with errors that name file and line. A view: the values must outlive it.
class TomlTable {
public:
    /// `prefix` of the keys in messages: "limits." or empty.
    TomlTable(const TomlValue &table, std::string_view file, std::string prefix = {})
        : m_table(table)
        , m_file(file)
        , m_prefix(std::move(prefix))
    {
    }

    /// An error for the first key that is none of these, with the nearest of them.
    [[nodiscard]] Status onlyKeys(std::initializer_list<std::string_view> keys) const;
    /// The entry, or nullptr.
    [[nodiscard]] const TomlEntry *find(std::string_view key) const;
    /// An Input error at a line.
    [[nodiscard]] std::unexpected<Error> refuse(unsigned line, std::string why, std::string remedy = {}) const;
    /// The error that the entry has another type than `needed` ("a string").
    [[nodiscard]] std::unexpected<Error> wrongType(const TomlEntry &entry, std::string_view needed) const;

    /// These leave `target` as it is when the key is not there.
    [[nodiscard]] Status string(std::string_view key, std::string &target) const;
    [[nodiscard]] Status strings(std::string_view key, std::vector<std::string> &target) const;
    /// nullptr if the key is not there.
    [[nodiscard]] Result<const TomlValue *> table(std::string_view key) const;

    [[nodiscard]] const TomlValue &value() const { return m_table; }
    /// A table in this one, under its name.
    [[nodiscard]] TomlTable below(const TomlValue &table, std::string_view key) const { return TomlTable(table, m_file, full(key) + "."); }
    [[nodiscard]] std::string full(std::string_view key) const { return m_prefix + std::string(key); }

private:
    const TomlValue &m_table;
    std::string_view m_file;
    std::string m_prefix;
};

/// A TOML basic string of the text, quotes and all.
[[nodiscard]] std::string tomlString(std::string_view text);
/// A TOML key of the text: bare where it can be.
[[nodiscard]] std::string tomlKey(std::string_view text);

} // namespace kastellan::workload
