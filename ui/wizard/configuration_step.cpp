// SPDX-License-Identifier: Apache-2.0
#include "ui/wizard/configuration_step.h"

#include "ui/text.h"
#include "ui/theme/icons.h"
#include "ui/widgets/card.h"
#include "ui/widgets/dialogs.h"
#include "ui/widgets/labels.h"

#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QProcess>
#include <QPushButton>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

ConfigurationStep::ConfigurationStep(Workspace &space, LaunchDraft &choices, MessageBar &bar, QWidget *parent)
    : WizardStep(space, choices, bar, parent)
    , m_name(new QLineEdit(this))
    , m_args(new QLineEdit(this))
    , m_env(new QPlainTextEdit(this))
    , m_envProblem(new Label({}, Label::Kind::Small, Tone::Negative, this))
    , m_secrets(new Card(tr("Secrets"), this))
    , m_noSecrets(new Label({}, Label::Kind::Body, Tone::Muted, m_secrets))
    , m_secretRows(new QGridLayout)
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(12);
    auto *card = new Card({}, this);
    auto *form = new QGridLayout;
    form->setHorizontalSpacing(16);
    form->setVerticalSpacing(10);
    form->setColumnStretch(1, 1);
    auto row = [&, number = 0](const QString &text, QWidget *field, Qt::Alignment alignment = Qt::AlignVCenter) mutable {
        auto *label = new QLabel(text, card);
        label->setBuddy(field);
        form->addWidget(label, number, 0, alignment);
        form->addWidget(field, number++, 1);
    };
    m_name->setMaxLength(120);
    m_name->setAccessibleName(tr("Name of the keep"));
    m_name->setObjectName(u"keepName"_s);
    row(tr("&Name:"), m_name);
    m_args->setPlaceholderText(tr("added to those of Keep.toml; quote what holds spaces"));
    m_args->setAccessibleName(tr("Arguments"));
    row(tr("&Arguments:"), m_args);
    m_env->setTabChangesFocus(true);
    m_env->setPlaceholderText(tr("NAME=value, one on each line"));
    m_env->setAccessibleName(tr("Environment"));
    m_env->setFont(codeFont());
    m_env->document()->setDocumentMargin(7);
    m_env->setFixedHeight(96);
    row(tr("&Environment:"), m_env, Qt::AlignTop);
    form->addWidget(m_envProblem, 3, 1);
    m_envProblem->hide();
    card->body()->addLayout(form);
    layout->addWidget(card);
    m_secrets->body()->addWidget(m_noSecrets);
    m_secretRows->setHorizontalSpacing(12);
    m_secretRows->setVerticalSpacing(8);
    m_secretRows->setColumnStretch(1, 1);
    m_secrets->body()->addLayout(m_secretRows);
    layout->addWidget(m_secrets);
    layout->addStretch(1);
    connect(m_name, &QLineEdit::textChanged, this, &ConfigurationStep::take);
    connect(m_args, &QLineEdit::textChanged, this, &ConfigurationStep::take);
    connect(m_env, &QPlainTextEdit::textChanged, this, &ConfigurationStep::take);
}

void ConfigurationStep::enter()
{
    if (m_for == draft().workload)
        return;
    m_for = draft().workload;
    m_name->setText(QString::fromStdString(draft().request.name));
    showSecrets();
    take();
}

void ConfigurationStep::showSecrets()
{
    while (QLayoutItem *item = m_secretRows->takeAt(0)) {
        if (QWidget *widget = item->widget()) {
            widget->hide();
            widget->deleteLater();
        }
        delete item;
    }
    const auto names = draft().workload ? draft().workload->config.secrets : std::vector<std::string>{};
    m_noSecrets->setText(names.empty() ? tr("This workload asks for no secrets.")
                                       : tr("Each is read from its file when the keep is launched, sent only after the verdict, and "
                                            "appears read-only at /secrets in the keep. Its content is never shown or recorded."));
    int row = 0;
    for (const std::string &name : names) {
        const QString key = QString::fromStdString(name);
        auto *label = new QLabel(shownLine(name) + u':', m_secrets);
        label->setTextFormat(Qt::PlainText);
        auto *path = new QLineEdit(draft().secretFiles.value(key), m_secrets);
        path->setPlaceholderText(tr("File that holds the secret"));
        path->setAccessibleName(tr("File of the secret %1").arg(shownLine(name)));
        auto *browse = new QPushButton(icon(u"secret"_s), tr("Choose…"), m_secrets);
        browse->setAccessibleName(tr("Choose the file of the secret %1").arg(shownLine(name)));
        m_secretRows->addWidget(label, row, 0);
        m_secretRows->addWidget(path, row, 1);
        m_secretRows->addWidget(browse, row, 2);
        connect(path, &QLineEdit::textChanged, this, [this, key](const QString &file) {
            if (file.trimmed().isEmpty())
                draft().secretFiles.remove(key);
            else
                draft().secretFiles.insert(key, file.trimmed());
            take();
        });
        connect(browse, &QPushButton::clicked, this, [this, path] {
            if (const QString file = dialogs::openFile(this, tr("File that holds the secret"), tr("All files (*)")); !file.isEmpty())
                path->setText(file);
        });
        ++row;
    }
}

void ConfigurationStep::take()
{
    LaunchRequest &request = draft().request;
    request.name = m_name->text().trimmed().toStdString();
    request.args.clear();
    const QStringList args = QProcess::splitCommand(m_args->text());
    for (const QString &arg : args)
        request.args.push_back(arg.toStdString());
    request.env.clear();
    QString problem;
    const QStringList lines = m_env->toPlainText().split(u'\n');
    for (qsizetype i = 0; i < lines.size(); ++i) {
        const QString line = lines[i].trimmed();
        if (line.isEmpty())
            continue;
        const qsizetype equals = line.indexOf(u'=');
        if (equals <= 0) {
            problem = tr("Line %1 of the environment is not NAME=value.").arg(i + 1);
            break;
        }
        request.env[line.left(equals).trimmed().toStdString()] = line.mid(equals + 1).toStdString();
    }
    m_envProblem->setText(problem);
    m_envProblem->setVisible(!problem.isEmpty());
    m_missing = problem;
    request.secretNames.clear();
    if (draft().workload)
        for (const std::string &name : draft().workload->config.secrets) {
            if (draft().secretFiles.contains(QString::fromStdString(name)))
                request.secretNames.push_back(name);
            else if (m_missing.isEmpty())
                m_missing = tr("Choose the file that holds the secret “%1”.").arg(shownLine(name));
        }
    if (request.name.empty() && m_missing.isEmpty())
        m_missing = tr("Give the keep a name.");
    touch();
}

QString ConfigurationStep::summary() const
{
    if (!m_for)
        return {};
    QStringList words{shownLine(draft().request.name)};
    if (!draft().request.secretNames.empty())
        words += tr("secrets: %1").arg(draft().request.secretNames.size());
    return words.join(u", "_s);
}

QString ConfigurationStep::missing() const
{
    if (!applies())
        return {};
    // Not visited yet: the defaults do, unless secrets are asked for.
    if (m_for != draft().workload && draft().workload)
        return draft().workload->config.secrets.empty() ? QString() : tr("The workload asks for secrets: choose their files.");
    return m_missing;
}

} // namespace kastellan::ui
