// SPDX-License-Identifier: Apache-2.0
#include "ui/host/parameter_form.h"

#include "ui/text.h"
#include "ui/theme/icons.h"
#include "ui/widgets/dialogs.h"
#include "ui/widgets/labels.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QVBoxLayout>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

ParameterForm::ParameterForm(const std::vector<ActionParameter> &parameters, QWidget *parent)
    : QWidget(parent)
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(2);
    m_fields.reserve(parameters.size());
    for (const ActionParameter &parameter : parameters) {
        Field &field = m_fields.emplace_back();
        field.parameter = parameter;
        const bool flag = parameter.kind == ActionParameter::Kind::Flag;
        const QString label = parameter.required ? shownLine(parameter.label) : tr("%1 (not needed)").arg(shownLine(parameter.label));
        auto *title = flag ? nullptr : new Label(label, Label::Kind::Body, Tone::Plain, this);
        if (title)
            layout->addWidget(title);
        QWidget *widget = make(field);
        widget->setParent(this);
        if (title && field.widget)
            title->setBuddy(field.widget);
        if (field.widget) {
            field.widget->setObjectName(u"parameter-"_s + QString::fromStdString(parameter.id));
            field.widget->setAccessibleName(shownLine(parameter.label));
            field.widget->setAccessibleDescription(shownLine(parameter.help));
        }
        layout->addWidget(widget);
        if (!parameter.help.empty())
            layout->addWidget(new Label(shown(parameter.help), Label::Kind::Small, Tone::Muted, this));
        layout->addSpacing(12);
    }
    layout->addStretch(1);
}

QWidget *ParameterForm::make(Field &field)
{
    const ActionParameter &parameter = field.parameter;
    using Kind = ActionParameter::Kind;
    if (parameter.kind == Kind::Flag) {
        auto *box = new QCheckBox(shownLine(parameter.label), this);
        box->setChecked(parameter.preset == "yes");
        connect(box, &QCheckBox::toggled, this, &ParameterForm::changed);
        field.isSet = [box] { return box->isChecked(); };
        field.widget = box;
        return box;
    }
    if (parameter.kind == Kind::Choice) {
        auto *combo = new QComboBox(this);
        if (!parameter.required)
            combo->addItem(parameter.preset.empty() ? tr("Not given") : tr("As it is: %1").arg(shownLine(parameter.preset)), QString());
        for (const std::string &choice : parameter.choices)
            combo->addItem(shownLine(choice), QString::fromStdString(choice));
        connect(combo, &QComboBox::currentIndexChanged, this, &ParameterForm::changed);
        if (parameter.required)
            combo->setCurrentIndex(std::max(0, combo->findData(QString::fromStdString(parameter.preset))));
        field.value = [combo] { return combo->currentData().toString(); };
        field.widget = combo;
        return combo;
    }
    auto *edit = new QLineEdit(this);
    if (!parameter.preset.empty())
        edit->setPlaceholderText(tr("%1 when nothing is given").arg(shownLine(parameter.preset)));
    connect(edit, &QLineEdit::textChanged, this, &ParameterForm::changed);
    field.value = [edit] { return edit->text().trimmed(); };
    field.widget = edit;
    if (parameter.kind == Kind::Number)
        edit->setMaximumWidth(360);
    return parameter.kind == Kind::Text || parameter.kind == Kind::Number ? edit : makePath(field, edit);
}

QWidget *ParameterForm::makePath(Field &field, QLineEdit *edit)
{
    using Kind = ActionParameter::Kind;
    auto *both = new QWidget(this);
    auto *layout = new QHBoxLayout(both);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addWidget(edit, 1);
    auto *choose = new QPushButton(icon(field.parameter.kind == Kind::OutputFolder ? u"folder"_s : u"file"_s), tr("Choose…"), both);
    choose->setObjectName(u"choose-"_s + QString::fromStdString(field.parameter.id));
    choose->setAccessibleName(tr("Choose: %1").arg(shownLine(field.parameter.label)));
    layout->addWidget(choose);
    connect(choose, &QPushButton::clicked, this,
        [this, edit, kind = field.parameter.kind, title = shownLine(field.parameter.label), preset = shownLine(field.parameter.preset)] {
            const QString all = tr("All files (*)");
            const QString path = kind == Kind::InputFile ? dialogs::openFile(this, title, all)
                : kind == Kind::OutputFolder             ? dialogs::openFolder(this, title)
                                             : dialogs::saveFile(this, title, edit->text().isEmpty() ? preset : edit->text(), all);
            if (!path.isEmpty())
                edit->setText(path);
        });
    return both;
}

std::map<std::string, std::string> ParameterForm::arguments() const
{
    std::map<std::string, std::string> given;
    for (const Field &field : m_fields) {
        if (field.isSet) {
            if (field.isSet())
                given.emplace(field.parameter.id, std::string());
            else if (field.parameter.preset == "yes")
                given.emplace(field.parameter.id, "no");
        } else if (const QString value = field.value(); !value.isEmpty()) {
            given.emplace(field.parameter.id, toStd(value));
        }
    }
    return given;
}

QString ParameterForm::problem() const
{
    static const QRegularExpression number(u"^(0[xX][0-9a-fA-F]+|[0-9]+)$"_s);
    for (const Field &field : m_fields) {
        if (field.isSet)
            continue;
        const QString value = field.value(), label = shownLine(field.parameter.label);
        if (value.isEmpty() && field.parameter.required && field.parameter.preset.empty())
            return tr("“%1” is needed.").arg(label);
        if (field.parameter.kind == ActionParameter::Kind::Number && !value.isEmpty() && !number.match(value).hasMatch())
            return tr("“%1” has to be a number, such as 5 or 0x1f.").arg(label);
    }
    return {};
}

void ParameterForm::focusFirst()
{
    for (const Field &field : m_fields)
        if (!field.isSet && field.value().isEmpty()) {
            field.widget->setFocus(Qt::OtherFocusReason);
            return;
        }
}

} // namespace kastellan::ui
