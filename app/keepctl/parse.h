// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keepctl/table.h"
#include "core/base/error.h"

#include <cstdint>
#include <map>
#include <span>

namespace kastellan::keepctl {

/// What the command line asked for, checked against the table.
struct Invocation {
    enum class Kind {
        Run, ///< verb
        Help, ///< of verb, else of noun, else of keepctl
        Version,
        Generate, ///< hidden: `what` into the folder `output`
        Words, ///< hidden: what a shell may complete, `what` = hosts, keeps, records, keys
        Look, ///< hidden: looks at the host with the address `what` and prints it (core/hosts/known_hosts.h)
    } kind = Kind::Help;
    const Noun *noun = nullptr;
    const Verb *verb = nullptr;
    std::map<std::string, std::vector<std::string>, std::less<>> options; ///< by name; a flag has an empty value
    std::vector<std::string> operands;
    std::string what, output;

    [[nodiscard]] bool has(std::string_view option) const { return options.contains(option); }
    [[nodiscard]] std::string value(std::string_view option, std::string_view otherwise = {}) const;
    [[nodiscard]] std::vector<std::string> values(std::string_view option) const;
    /// A whole number of at most `most`; anything else is an Input error naming the option.
    [[nodiscard]] Result<std::uint64_t> number(std::string_view option, std::uint64_t otherwise, std::uint64_t most) const;
};

/// Reads the command line (without the program's name). Wrong usage is an Input error that suggests the nearest valid word.
[[nodiscard]] Result<Invocation> parse(std::span<const std::string> arguments);

} // namespace kastellan::keepctl
