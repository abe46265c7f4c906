// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <algorithm>

namespace kastellan::ui {

/// The text with invisible places to break at in words of more than `longest` characters, as digests are, so that none is cut.
[[nodiscard]] inline QString breakable(const QString &text, int longest = 28)
{
    constexpr int every = 8;
    QString broken;
    qsizetype word = 0;
    for (qsizetype at = 0; at <= text.size(); ++at) {
        if (at < text.size() && !text[at].isSpace())
            continue;
        for (qsizetype from = word; from < at; from += every) {
            if (from > word && at - word > longest)
                broken += QChar(0x200b);
            broken += QStringView(text).mid(from, std::min<qsizetype>(every, at - from));
        }
        if (at < text.size())
            broken += text[at];
        word = at + 1;
    }
    return broken;
}

} // namespace kastellan::ui
