// SPDX-License-Identifier: Apache-2.0
#include "app/keep-warden/kernel_words.h"

#include <algorithm>

namespace kastellan::warden {

Result<KernelWords> KernelWords::parse(std::string_view commandLine)
{
    constexpr const char *what = "read the kernel's command line";
    constexpr std::string_view ours = "kastellan.", ownerKey = "kastellan.owner=", blanks = " \t\r\n";
    KernelWords words;
    while (!commandLine.empty()) {
        commandLine.remove_prefix(std::min(commandLine.find_first_not_of(blanks), commandLine.size()));
        const std::string_view word = commandLine.substr(0, commandLine.find_first_of(blanks));
        commandLine.remove_prefix(word.size());
        if (!word.starts_with(ours))
            continue;
        const std::string shown(word.substr(0, 100));
        if (word == "kastellan.unattested") {
            if (words.unattested)
                return badInput(what, shown, "it is there twice");
            words.unattested = true;
        } else if (word.starts_with(ownerKey)) {
            const auto key = fromHex(word.substr(ownerKey.size()));
            if (words.owner)
                return badInput(what, shown, "it is there twice");
            if (!key || key->size() != Sha256::size || std::ranges::all_of(*key, [](auto byte) { return byte == 0; }))
                return badInput(what, shown, "it is not the SHA-256 of a key, in 64 hexadecimal digits");
            words.owner.emplace();
            std::ranges::copy(*key, words.owner->bytes.begin());
        } else {
            return badInput(what, shown, "this word is unknown", "Known are kastellan.unattested and kastellan.owner=DIGEST.");
        }
    }
    if (words.unattested && !words.owner)
        return badInput(what, "kastellan.unattested", "it does not say who the owner is", "Give kastellan.owner=DIGEST beside it.");
    if (words.owner && !words.unattested)
        return badInput(what, "kastellan.owner", "an owner is named here only with kastellan.unattested",
            "Otherwise the owner is bound by host data or by the session secret.");
    return words;
}

} // namespace kastellan::warden
