// SPDX-License-Identifier: Apache-2.0
// Any words (one in each line) as QEMU's command line in a rehearsal: no launch keeps the object that protects it.
#include "sev-backend/rehearsal/qemu_edit.h"

#include <cstdlib>

using namespace kastellan;
using namespace kastellan::sev;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    std::vector<std::string> words(1);
    for (const char c : asText({data, size}))
        if (c == '\n')
            words.emplace_back();
        else if (c != '\0')
            words.back() += c;
    const auto line = QemuLine::read(words);
    if (!line)
        return line.error().lines.empty() ? (std::abort(), 0) : 0;
    QemuEdits edits;
    edits.firmware = edits.kernel = edits.initrd = edits.memory = "/proc/self/fd/9";
    edits.firmwarePort = 9;
    for (const MonitorPlace &place : line->monitors)
        edits.monitors.emplace_back(place, 9);
    const auto result = edited(*line, edits);
    if (line->purpose != QemuLine::Purpose::Launch)
        return 0;
    for (const QemuOption &option : qemuOptions(result))
        if (option.name == "object" && option.value)
            if (const auto values = QemuOptions::parse(result[*option.value], "qom-type", {}))
                if (const auto type = values->value("qom-type"); type == "sev-guest" || type == "sev-snp-guest")
                    std::abort();
    return 0;
}
