// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/widgets/code_view.h"

namespace kastellan::ui {

/// Highlighted text that can be edited, with the numbers of its lines, one of which can be marked as wrong.
class CodeEditor : public CodeView {
    Q_OBJECT

public:
    explicit CodeEditor(const QString &accessibleName, QWidget *parent = nullptr);
    void setEditable(bool editable);
    /// Marks a line (the first is 1) and brings it into view when `reveal`; 0: none.
    void markLine(int line, bool reveal = false);
    [[nodiscard]] int markedLine() const { return m_marked; }

protected:
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    class Margin;
    void placeMargin();
    void paintMargin(QPaintEvent *event);
    [[nodiscard]] int marginWidth() const;

    Margin *m_margin;
    int m_marked = 0;
};

} // namespace kastellan::ui
