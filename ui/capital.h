// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

namespace kastellan::ui {

/// The text with a capital at its beginning.
[[nodiscard]] inline QString capital(QString text)
{
    if (!text.isEmpty())
        text[0] = text[0].toUpper();
    return text;
}

} // namespace kastellan::ui
