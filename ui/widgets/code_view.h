// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QPlainTextEdit>

namespace KSyntaxHighlighting {
class SyntaxHighlighter;
}

namespace kastellan::ui {

/// Highlighted text to read and copy from. The definitions are loaded when first shown.
class CodeView : public QPlainTextEdit {
    Q_OBJECT

public:
    explicit CodeView(const QString &accessibleName, QWidget *parent = nullptr);
    /// `definition`: "TOML", "JSON"…; empty: plain. `text` must have been made visible.
    void setCode(const QString &text, const QString &definition);

protected:
    void changeEvent(QEvent *event) override;
    void showEvent(QShowEvent *event) override;

private:
    void highlight();

    QString m_definition;
    KSyntaxHighlighting::SyntaxHighlighter *m_highlighter = nullptr;
};

} // namespace kastellan::ui
