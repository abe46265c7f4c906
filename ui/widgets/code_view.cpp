// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/code_view.h"

#include "ui/theme/tones.h"
#include "ui/widgets/labels.h"

#include <QEvent>

#include <KSyntaxHighlighting/Definition>
#include <KSyntaxHighlighting/Repository>
#include <KSyntaxHighlighting/SyntaxHighlighter>
#include <KSyntaxHighlighting/Theme>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

KSyntaxHighlighting::Repository &repository()
{
    static KSyntaxHighlighting::Repository all;
    return all;
}

} // namespace

CodeView::CodeView(const QString &accessibleName, QWidget *parent)
    : QPlainTextEdit(parent)
{
    setReadOnly(true);
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    setTabChangesFocus(true);
    setAccessibleName(accessibleName);
    setFont(codeFont());
    setLineWrapMode(QPlainTextEdit::NoWrap);
    document()->setDocumentMargin(10);
}

void CodeView::setCode(const QString &text, const QString &definition)
{
    m_definition = definition;
    if (isVisible())
        highlight();
    if (toPlainText() != text)
        setPlainText(text);
}

void CodeView::showEvent(QShowEvent *event)
{
    QPlainTextEdit::showEvent(event);
    highlight();
}

void CodeView::changeEvent(QEvent *event)
{
    QPlainTextEdit::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_highlighter)
        highlight();
}

void CodeView::highlight()
{
    if (m_definition.isEmpty())
        return;
    const auto wanted = isDark(palette()) ? KSyntaxHighlighting::Repository::DarkTheme : KSyntaxHighlighting::Repository::LightTheme;
    const auto theme = repository().defaultTheme(wanted);
    const auto definition = repository().definitionForName(m_definition);
    if (!m_highlighter)
        m_highlighter = new KSyntaxHighlighting::SyntaxHighlighter(document());
    else if (m_highlighter->theme().name() == theme.name() && m_highlighter->definition().name() == definition.name())
        return;
    m_highlighter->setTheme(theme);
    m_highlighter->setDefinition(definition);
    m_highlighter->rehighlight();
}

} // namespace kastellan::ui
