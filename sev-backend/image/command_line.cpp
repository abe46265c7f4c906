// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/image/vm_image.h"

#include <algorithm>
#include <array>

namespace kastellan::sev {

namespace {

using namespace std::string_view_literals;

// Kernel parameters (Documentation/admin-guide/kernel-parameters.txt) that switch protection off, open a way in, or hand the machine to
// another program than the warden.
constexpr std::array weakeningWords{"nokaslr"sv, "nopti"sv, "nospectre_v1"sv, "nospectre_v2"sv, "nospectre_bhb"sv,
    "nospec_store_bypass_disable"sv, "norandmaps"sv, "nosmap"sv, "nosmep"sv, "nopku"sv, "nofsgsbase"sv, "no_hash_pointers"sv,
    "sysrq_always_enabled"sv, "single"sv, "emergency"sv, "rescue"sv, "S"sv, "s"sv, "1"sv, "-s"sv, "-b"sv, "debug"sv, "unsafe_fsgsbase"sv,
    "noexec"sv, "nolandlock"sv, "nosev"sv, "ignore_loglevel"sv};

struct Setting {
    std::string_view name;
    std::array<std::string_view, 4> allowed = {}; ///< any other value weakens; none: every value does
};
constexpr std::array weakeningSettings{
    Setting{"mitigations", {"auto", "auto,nosmt"}},
    Setting{"pti", {"on", "auto"}},
    Setting{"rodata", {"on", "full"}},
    Setting{"spectre_v2", {"on", "auto"}},
    Setting{"spectre_v2_user", {"on", "auto", "prctl", "seccomp"}},
    Setting{"spectre_bhi", {"on", "vmexit"}},
    Setting{"spec_store_bypass_disable", {"on", "auto", "prctl", "seccomp"}},
    Setting{"spec_rstack_overflow", {"safe-ret", "ibpb", "ibpb-vmexit"}},
    Setting{"retbleed", {"auto", "unret", "ibpb"}},
    Setting{"l1tf", {"full", "full,force", "flush"}},
    Setting{"mds", {"full", "full,nosmt"}},
    Setting{"tsx_async_abort", {"full", "full,nosmt"}},
    Setting{"mmio_stale_data", {"full", "full,nosmt"}},
    Setting{"tsa", {"on", "user", "vm"}},
    Setting{"vmscape", {"ibpb", "force"}},
    Setting{"gather_data_sampling", {"force"}},
    Setting{"reg_file_data_sampling", {"on"}},
    Setting{"indirect_target_selection", {"on", "force", "stuff"}},
    Setting{"srbds", {"on"}},
    Setting{"init_on_alloc", {"1", "on", "y"}},
    Setting{"hardened_usercopy", {"on"}},
    Setting{"randomize_kstack_offset", {"1", "on", "y"}},
    Setting{"vsyscall", {"none"}},
    Setting{"noexec", {"on"}},
    Setting{"ibt", {"on"}},
    Setting{"lockdown", {"integrity", "confidentiality"}},
    Setting{"mem_encrypt", {"on"}},
    Setting{"oops", {"panic"}},
    Setting{"panic", {"-1"}},
    Setting{"panic_on_warn", {"1"}},
    Setting{"proc_mem.force_override", {"never"}},
    Setting{"sysctl.kernel.yama.ptrace_scope", {"1", "2", "3"}},
    Setting{"sysctl.kernel.randomize_va_space", {"2"}},
    Setting{"random.trust_bootloader", {"off", "0", "n"}},
    // Another first program, another way in, other code.
    Setting{"init"},
    Setting{"rdinit"},
    Setting{"root"},
    Setting{"rd.break"},
    Setting{"break"},
    Setting{"lsm"},
    Setting{"security"},
    Setting{"initcall_blacklist"},
    Setting{"clearcpuid"},
    Setting{"kgdboc"},
    Setting{"kgdbwait"},
    Setting{"acpi_rsdp"},
    Setting{"modules_disabled"},
};

/// The next word as the kernel splits them: blanks inside double quotes do not end it.
std::string_view nextWord(std::string_view &rest)
{
    constexpr std::string_view blanks = " \t\n\v\f\r";
    rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
    bool quoted = false;
    std::size_t length = 0;
    for (; length < rest.size() && (quoted || !blanks.contains(rest[length])); ++length)
        quoted ^= rest[length] == '"';
    const std::string_view word = rest.substr(0, length);
    rest.remove_prefix(length);
    return word;
}

/// The kernel reads '-' and '_' in names as the same, and drops quotes around a word or a value.
std::string plain(std::string_view word)
{
    std::string text;
    for (const char letter : word)
        if (letter != '"')
            text += letter;
    const std::size_t end = std::min(text.find('='), text.size());
    for (std::size_t i = 1; i < end; ++i)
        if (text[i] == '-')
            text[i] = '_';
    return text;
}

bool weakens(std::string_view word)
{
    if (std::ranges::contains(weakeningWords, word) || word == unattestedWord)
        return true;
    const std::size_t sign = word.find('=');
    const std::string_view name = word.substr(0, sign), value = sign == word.npos ? std::string_view() : word.substr(sign + 1);
    return std::ranges::any_of(weakeningSettings, [&](const Setting &setting) {
        return setting.name == name && (sign == word.npos || std::ranges::none_of(setting.allowed, [&](std::string_view allowed) {
            return !allowed.empty() && allowed == value;
        }));
    });
}

} // namespace

std::optional<std::string> weakeningWord(std::string_view commandLine)
{
    while (!commandLine.empty()) {
        const std::string_view word = nextWord(commandLine);
        if (weakens(plain(word)))
            return std::string(word);
    }
    return std::nullopt;
}

} // namespace kastellan::sev
