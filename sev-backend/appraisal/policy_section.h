// SPDX-License-Identifier: Apache-2.0
// Private to the reading of policy files.
#pragma once

#include "core/workload/text.h"
#include "core/workload/toml.h"
#include "sev-backend/appraisal/policy.h"

#include <algorithm>
#include <charconv>
#include <functional>

namespace kastellan::sev {

/// Typed reads of one table; a key that is not there leaves the target as it is.
class PolicySection {
public:
    explicit PolicySection(workload::TomlTable table)
        : m_table(std::move(table))
    {
    }
    [[nodiscard]] const workload::TomlTable &table() const { return m_table; }
    [[nodiscard]] Status only(std::initializer_list<std::string_view> keys) const { return m_table.onlyKeys(keys); }

    template <typename T>
    Status number(std::string_view key, T &target, std::uint64_t most) const
    {
        const auto *entry = m_table.find(key);
        if (!entry)
            return {};
        KASTELLAN_ASSIGN(const std::uint64_t value, numberFrom(entry->value, key, most));
        target = static_cast<typename Target<T>::Type>(value);
        return {};
    }
    /// One number, or a list of them.
    template <typename T>
    Status numbers(std::string_view key, std::vector<T> &target, std::uint64_t most) const
    {
        return each(key, "a whole number, or a list of them", [&](const workload::TomlValue &value) -> Status {
            KASTELLAN_ASSIGN(const std::uint64_t number, numberFrom(value, key, most));
            target.push_back(static_cast<T>(number));
            return {};
        });
    }
    Status flag(std::string_view key, bool &target) const
    {
        const auto *entry = m_table.find(key);
        if (!entry)
            return {};
        if (entry->value.kind != Kind::Boolean)
            return m_table.wrongType(*entry, "true or false");
        target = entry->value.boolean;
        return {};
    }
    /// A word (64 bits): a number, or a text in hex because TOML's numbers end at 63 bits.
    Status word(std::string_view key, std::uint64_t &target) const
    {
        const auto *entry = m_table.find(key);
        if (!entry)
            return {};
        if (entry->value.kind == Kind::Integer && entry->value.integer >= 0) {
            target = static_cast<std::uint64_t>(entry->value.integer);
            return {};
        }
        const std::string_view text = entry->value.text;
        if (entry->value.kind != Kind::String || !text.starts_with("0x"))
            return m_table.wrongType(*entry, "a whole number from 0 on, or a text as \"0x8000000000000001\"");
        const auto [end, error] = std::from_chars(text.data() + 2, text.data() + text.size(), target, 16);
        if (error != std::errc() || end != text.data() + text.size())
            return m_table.refuse(entry->line, "'" + m_table.full(key) + "' is no number of 64 bits: " + workload::shown(text));
        return {};
    }
    /// One text, or a list of them, each given to `read`, which says what is wrong with it.
    Status texts(std::string_view key, const std::function<Status(const std::string &)> &read) const
    {
        return each(key, "a text, or a list of them", [&](const workload::TomlValue &value) -> Status {
            if (value.kind != Kind::String)
                return m_table.refuse(value.line, "'" + m_table.full(key) + "' has to be a text, or a list of them");
            if (auto status = read(value.text); !status)
                return m_table.refuse(value.line, "'" + m_table.full(key) + "': " + status.error().why, status.error().remedy);
            return {};
        });
    }
    /// Values of fixed length in hex. `shorter`, if not 0, is a further length, filled up with zeros.
    template <typename Fixed>
    Status fixed(std::string_view key, std::vector<Fixed> &target, std::size_t shorter = 0) const
    {
        return texts(key, [&](const std::string &text) -> Status {
            auto bytes = fromHex(text);
            if (!bytes)
                return badInput({}, {}, "it is not hex: " + workload::shown(text, 40));
            if (bytes->size() == shorter && shorter)
                bytes->resize(Fixed::size);
            if (bytes->size() != Fixed::size)
                return badInput({}, {},
                    "it has " + std::to_string(bytes->size()) + " bytes, and needs " + std::to_string(Fixed::size)
                        + (shorter ? " or " + std::to_string(shorter) : std::string()));
            target.push_back(*Fixed::from(*bytes, key));
            return {};
        });
    }
    /// Names out of a choice.
    Status choices(std::string_view key, const std::vector<std::string_view> &known, const std::function<void(std::size_t)> &chosen,
        const std::function<std::string(std::string_view)> &otherwise = {}) const
    {
        return texts(key, [&](const std::string &text) -> Status {
            const auto at = std::ranges::find(known, text);
            if (at != known.end()) {
                chosen(static_cast<std::size_t>(at - known.begin()));
                return {};
            }
            if (std::string why = otherwise ? otherwise(text) : std::string(); !why.empty())
                return badInput({}, {}, std::move(why));
            const std::string_view near = workload::nearest(text, known);
            std::string all;
            for (const auto name : known)
                (all += all.empty() ? "" : ", ") += name;
            return badInput({}, {}, "'" + workload::shown(text) + "' is not known here",
                near.empty() ? "Known are " + all + "." : "Did you mean '" + std::string(near) + "'?");
        });
    }
    /// "major.minor", or with `most` 3 also "major.minor.build": the parts, as many as there are.
    Status version(std::string_view key, std::size_t most, std::vector<std::uint8_t> &target) const
    {
        const auto *entry = m_table.find(key);
        if (!entry)
            return {};
        const std::string example = most == 3 ? "\"1.55\" or \"1.55.21\"" : "\"1.55\"";
        if (entry->value.kind != Kind::String)
            return m_table.wrongType(*entry, "a text as " + example);
        const std::string_view text = entry->value.text;
        std::vector<std::uint8_t> parts;
        for (const char *at = text.data(), *end = at + text.size();; ++at) {
            unsigned part = 0;
            const auto [next, error] = std::from_chars(at, end, part);
            if (error != std::errc() || part > 255 || parts.size() == most || (next != end && *next != '.'))
                return m_table.refuse(entry->line, "'" + m_table.full(key) + "' is no version: '" + workload::shown(text) + "'",
                    "Give numbers from 0 to 255, as " + example + ".");
            parts.push_back(static_cast<std::uint8_t>(part));
            if (next == end)
                break;
            at = next;
        }
        if (parts.size() < 2)
            return m_table.refuse(
                entry->line, "'" + m_table.full(key) + "' is no version: '" + workload::shown(text) + "'", "Give it as " + example + ".");
        target = std::move(parts);
        return {};
    }
    /// The bits of a flag word by their names. `elsewhere` is the key that takes the other bits.
    Status bits(
        std::string_view key, std::span<const FlagBit> all, std::uint64_t mine, std::string_view elsewhere, std::uint64_t &target) const
    {
        std::vector<std::string_view> names;
        std::vector<unsigned> numbers;
        for (const auto &bit : all)
            if ((mine >> bit.bit) & 1) {
                names.push_back(bit.name);
                numbers.push_back(bit.bit);
            }
        return choices(
            key, names, [&](std::size_t at) { target |= std::uint64_t{1} << numbers[at]; },
            [&](std::string_view text) {
                const auto other = std::ranges::find(all, text, &FlagBit::name);
                return other == all.end() || other->bit == GuestPolicy::MustBeOne ? std::string()
                                                                                  : "'" + std::string(text) + "' belongs under '"
                        + m_table.full(elsewhere) + "' (set, it means: " + std::string(other->set) + ")";
            });
    }
    /// A table in this one, given to `read` if it is there.
    Status below(std::string_view key, const std::function<Status(const PolicySection &)> &read) const
    {
        KASTELLAN_ASSIGN(const workload::TomlValue *value, m_table.table(key));
        return value ? read(PolicySection(m_table.below(*value, key))) : Status();
    }

private:
    using Kind = workload::TomlValue::Kind;
    template <typename T>
    struct Target {
        using Type = T;
    };
    template <typename T>
    struct Target<std::optional<T>> {
        using Type = T;
    };

    Result<std::uint64_t> numberFrom(const workload::TomlValue &value, std::string_view key, std::uint64_t most) const
    {
        if (value.kind != Kind::Integer || value.integer < 0 || static_cast<std::uint64_t>(value.integer) > most)
            return m_table.refuse(value.line, "'" + m_table.full(key) + "' has to be a whole number from 0 to " + std::to_string(most));
        return static_cast<std::uint64_t>(value.integer);
    }
    Status each(std::string_view key, std::string_view needed, const std::function<Status(const workload::TomlValue &)> &read) const
    {
        const auto *entry = m_table.find(key);
        if (!entry)
            return {};
        if (entry->value.kind != Kind::Array)
            return entry->value.kind == Kind::Table ? Status(m_table.wrongType(*entry, needed)) : read(entry->value);
        if (entry->value.array.empty())
            return m_table.refuse(entry->line, "'" + m_table.full(key) + "' is an empty list, which nothing can meet",
                "Leave the key out where nothing is demanded.");
        for (const auto &element : entry->value.array)
            KASTELLAN_TRY(read(element));
        return {};
    }
    workload::TomlTable m_table;
};

} // namespace kastellan::sev
