// SPDX-License-Identifier: Apache-2.0
// Words that several nouns of the table share, and the nouns themselves. Private to the table's files.
#pragma once

#include "app/keepctl/table.h"

namespace kastellan::keepctl {

inline const Option json{"json", 0, "", "Print one JSON object on standard output instead of text (docs/command-line.md)"};
inline const Operand keepOperand{"KEEP", "a keep, by its id, the beginning of it (4 digits or more), or its name", Word::Keep};
inline const Operand recordOperand{
    "RECORD", "an evidence record, by its id or the beginning of it; the name or id of a keep means its newest record", Word::Record};
inline const Operand keyOperand{"KEY", "a key, by its name or the beginning of its fingerprint", Word::Key};

// One function for each noun, in a file of its own.
[[nodiscard]] Noun hostNoun();
/// The verbs of the noun host that look whether keeps can run there.
[[nodiscard]] std::vector<Verb> readinessVerbs();
/// The verbs of the noun host that manage its firmware.
[[nodiscard]] std::vector<Verb> platformVerbs();
[[nodiscard]] Noun keepNoun();
/// What a launch asks of a virtual machine, for the verbs of the noun keep.
[[nodiscard]] std::vector<Option> machineOptions();
[[nodiscard]] Verb domainXmlVerb(const Operand &workload, std::vector<Option> options);
[[nodiscard]] Noun evidenceNoun();
[[nodiscard]] Noun measureNoun();
[[nodiscard]] Noun imageNoun();
[[nodiscard]] Noun ownerNoun();
[[nodiscard]] Noun certsNoun();
[[nodiscard]] Noun profileNoun();
[[nodiscard]] Noun keysNoun();
[[nodiscard]] Noun logNoun();
[[nodiscard]] Noun emulateNoun();

} // namespace kastellan::keepctl
