// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <functional>

class QWidget;

namespace kastellan::ui::dialogs {

/// Files and folders are asked for through these, so that tests can answer. Each yields an empty string when the person cancels.
using Ask = std::function<QString(QWidget *parent, const QString &title, const QString &suggestion, const QString &filter)>;
[[nodiscard]] QString openFile(QWidget *parent, const QString &title, const QString &filter);
[[nodiscard]] QString openFolder(QWidget *parent, const QString &title);
[[nodiscard]] QString saveFile(QWidget *parent, const QString &title, const QString &suggestion, const QString &filter);
/// Tests: answers the next questions in place of the dialogs; an empty function brings them back.
void answerWith(Ask ask);

/// Asks before something that cannot be undone: what will happen, in words; the safe answer is the default. `done` is called with true
/// when the person agrees. Does not block.
void confirm(QWidget *parent, const QString &title, const QString &consequence, const QString &action, const std::function<void()> &agreed);

} // namespace kastellan::ui::dialogs
