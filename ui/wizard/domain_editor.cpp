// SPDX-License-Identifier: Apache-2.0
#include "ui/wizard/domain_editor.h"

#include "ui/text.h"
#include "ui/theme/icons.h"
#include "ui/widgets/code_editor.h"
#include "ui/widgets/labels.h"
#include "ui/wizard/xml_place.h"

#include <QHBoxLayout>
#include <QPushButton>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

DomainEditor::DomainEditor(QWidget *parent)
    : QWidget(parent)
    , m_code(new CodeEditor(tr("Domain XML"), this))
    , m_note(new Label({}, Label::Kind::Body, Tone::Muted, this))
    , m_problem(new Label({}, Label::Kind::Value, Tone::Negative, this))
    , m_edit(new QPushButton(tr("&Edit"), this))
    , m_use(new QPushButton(icon(u"check"_s), tr("&Use the changes"), this))
    , m_cancel(new QPushButton(tr("&Drop the changes"), this))
    , m_putBack(new QPushButton(icon(u"recover"_s), tr("Put the &made one back"), this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addWidget(m_note);
    m_code->setFixedHeight(280);
    m_code->setObjectName(u"domainCode"_s);
    layout->addWidget(m_code);
    m_problem->setObjectName(u"domainProblem"_s);
    m_problem->hide();
    layout->addWidget(m_problem);
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addWidget(m_putBack);
    buttons->addStretch(1);
    buttons->addWidget(m_cancel);
    buttons->addWidget(m_use);
    buttons->addWidget(m_edit);
    layout->addLayout(buttons);
    m_edit->setObjectName(u"domainEdit"_s);
    m_use->setObjectName(u"domainUse"_s);
    m_cancel->setObjectName(u"domainCancel"_s);
    m_putBack->setObjectName(u"domainPutBack"_s);
    for (QPushButton *button : {m_edit, m_use, m_cancel, m_putBack})
        button->setAutoDefault(false);
    connect(m_edit, &QPushButton::clicked, this, [this] {
        setEditing(true);
        m_code->setFocus(Qt::OtherFocusReason);
    });
    connect(m_use, &QPushButton::clicked, this, [this] { Q_EMIT used(m_code->toPlainText()); });
    connect(m_cancel, &QPushButton::clicked, this, [this] {
        if (m_planned.isEmpty()) { // there was no plan to go back to
            Q_EMIT putBackWanted();
            return;
        }
        m_refused.clear();
        m_code->setCode(m_planned, u"XML"_s);
        setEditing(false);
    });
    connect(m_putBack, &QPushButton::clicked, this, &DomainEditor::putBackWanted);
    connect(m_code, &QPlainTextEdit::textChanged, this, &DomainEditor::check);
    setEditing(false);
}

QString DomainEditor::text() const
{
    return m_code->toPlainText();
}

void DomainEditor::showPlanned(const QString &text, const QString &language, bool edited)
{
    m_planned = text;
    m_refused.clear();
    m_edited = edited;
    m_xml = language == "XML"_L1;
    m_editing = false; // before the text changes: what is shown now is not to be checked
    m_code->setAccessibleName(m_xml ? tr("Domain XML") : tr("YAML of the VirtualMachineInstance"));
    m_code->setCode(text, language);
    setEditing(false);
}

void DomainEditor::showRefused(const QString &text, const Error &error)
{
    if (!m_editing && m_code->toPlainText() != text) {
        m_planned.clear();
        m_xml = true;
    }
    m_edited = true;
    m_code->setCode(text, u"XML"_s);
    setEditing(true);
    m_refused = text;
    const ErrorText words = errorText(error);
    const int line = lineOfPlace(text, QString::fromStdString(error.where));
    say(line > 0 ? tr("Line %1: %2").arg(line).arg(words.detail) : words.detail, line, true);
}

void DomainEditor::setEditing(bool editing)
{
    m_editing = editing;
    m_code->setEditable(editing);
    m_note->setText(!m_xml ? tr("What the cluster is asked for. A cluster takes no edited domain.")
            : editing
            ? tr("Elements that this program does not know are kept. What decides the measurement or the protection is refused when it "
                 "differs, with the place where it is chosen.")
            : m_edited ? tr("What libvirt is given, as you edited it and as it was held to the plan.")
                       : tr("What libvirt is given:"));
    m_edit->setVisible(!editing && m_xml);
    m_use->setVisible(editing);
    m_cancel->setVisible(editing);
    m_putBack->setVisible(m_edited && m_xml);
    check();
}

void DomainEditor::check()
{
    if (!m_editing) {
        say({}, 0, false);
        return;
    }
    if (const auto problem = xmlProblem(m_code->toPlainText()))
        say(tr("Line %1: %2").arg(problem->line).arg(problem->text), problem->line, false);
    else if (m_code->toPlainText() != m_refused)
        say({}, 0, false);
}

void DomainEditor::say(const QString &problem, int line, bool reveal)
{
    m_problem->setText(problem);
    m_problem->setVisible(!problem.isEmpty());
    m_code->markLine(line, reveal);
    const bool same = m_code->toPlainText() == m_planned, refused = m_editing && m_code->toPlainText() == m_refused;
    m_use->setEnabled(problem.isEmpty() && !same);
    m_use->setToolTip(!problem.isEmpty() ? (refused ? tr("The plan refused it as it is.") : tr("It is no XML yet."))
            : same                       ? tr("Nothing was changed.")
                                         : QString());
}

} // namespace kastellan::ui
