// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QVBoxLayout>
#include <QWidget>

class QLineEdit;

namespace kastellan::ui {

/// The layout of a page that fills its room: margins and spacing as everywhere.
[[nodiscard]] QVBoxLayout *pageLayout(QWidget *page);
/// Title and description at the left, a search field at the right, `Ctrl+F` to it.
[[nodiscard]] QWidget *listHeader(QWidget *page, const QString &title, const QString &text, const QString &searchName, QLineEdit **search);
/// A search field with its symbol and a clear button.
[[nodiscard]] QLineEdit *searchField(const QString &accessibleName, QWidget *parent);

} // namespace kastellan::ui
