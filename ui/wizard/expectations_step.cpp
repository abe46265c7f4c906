// SPDX-License-Identifier: Apache-2.0
#include "ui/wizard/expectations_step.h"

#include "ui/text.h"
#include "ui/widgets/card.h"
#include "ui/widgets/labels.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLineEdit>
#include <QRadioButton>
#include <QSpinBox>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

ExpectationsStep::ExpectationsStep(Workspace &space, LaunchDraft &choices, MessageBar &bar, QWidget *parent)
    : WizardStep(space, choices, bar, parent)
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(12);

    m_shortEvidence = new Label(
        tr("SEV-ES and SEV prove the launch once, by the digest that this program computes. They state no firmware levels, and can't prove "
           "the workload: neither floors nor “strict” can be had with them."),
        Label::Kind::Body, Tone::Warning, this);
    m_shortEvidence->hide();
    layout->addWidget(m_shortEvidence);

    auto *digest = new Card(tr("Launch digest"), this);
    m_ownDigest = new QRadioButton(tr("The one that this program &computes from its own keep image (recommended)"), digest);
    m_otherDigest = new QRadioButton(tr("&This one, which I know from elsewhere:"), digest);
    m_ownDigest->setChecked(true);
    m_digest = new QLineEdit(digest);
    m_digest->setAccessibleName(tr("Expected launch digest"));
    m_digest->setPlaceholderText(tr("96 hex digits"));
    m_digest->setFont(codeFont());
    m_digest->setEnabled(false);
    m_digest->setObjectName(u"expectDigest"_s);
    m_digestProblem = new Label({}, Label::Kind::Small, Tone::Negative, digest);
    m_digestProblem->hide();
    digest->body()->addWidget(m_ownDigest);
    digest->body()->addWidget(m_otherDigest);
    digest->body()->addWidget(m_digest);
    digest->body()->addWidget(m_digestProblem);
    layout->addWidget(digest);

    auto *tcb = new Card(tr("Minimum firmware levels (TCB)"), this);
    tcb->body()->addWidget(
        new Label(tr("A level below its floor is shown in the banner; with “strict” it refuses the launch. 0 means no floor."),
            Label::Kind::Body, Tone::Muted, tcb));
    auto *levels = new QHBoxLayout;
    levels->setSpacing(18);
    const std::pair<std::string, QString> names[] = {{"bl", tr("&Boot loader")}, {"tee", tr("T&EE")}, {"snp", tr("&SNP firmware")},
        {"ucode", tr("&Microcode")}, {"fmc", tr("&FMC (Turin on)")}};
    for (const auto &[id, title] : names) {
        auto *column = new QVBoxLayout;
        auto *spin = new QSpinBox(tcb);
        spin->setRange(0, 255);
        spin->setAccessibleName(tr("Minimum level: %1").arg(QString(title).remove(u'&')));
        spin->setMinimumWidth(90);
        auto *label = new QLabel(title, tcb);
        label->setBuddy(spin);
        column->addWidget(label);
        column->addWidget(spin);
        levels->addLayout(column);
        m_tcb.emplace_back(id, spin);
        connect(spin, &QSpinBox::valueChanged, this, &ExpectationsStep::take);
    }
    levels->addStretch(1);
    tcb->body()->addLayout(levels);
    layout->addWidget(tcb);

    auto *how = new Card(tr("How strictly"), this);
    m_strict = new QCheckBox(tr("S&trict: advisory findings decide too (certificate revocation, minimum levels, alias check)"), how);
    how->body()->addWidget(m_strict);
    auto *run = new QHBoxLayout;
    m_execution = new QComboBox(how);
    m_execution->addItem(tr("Compiled ahead of time where possible"), u"auto"_s);
    m_execution->addItem(tr("Compiled ahead of time"), u"aot"_s);
    m_execution->addItem(tr("Interpreted"), u"interpreter"_s);
    m_execution->setAccessibleName(tr("How the module is run"));
    auto *runLabel = new QLabel(tr("The module is &run:"), how);
    runLabel->setBuddy(m_execution);
    run->addWidget(runLabel);
    run->addWidget(m_execution);
    run->addStretch(1);
    how->body()->addLayout(run);
    layout->addWidget(how);

    auto *overrides = new Card(tr("Protection given up"), this);
    overrides->body()->addWidget(new Label(tr("Each of these is named in the banner and recorded. Leave them off unless you are testing."),
        Label::Kind::Body, Tone::Muted, overrides));
    m_debug = new QCheckBox(tr("Allow &debugging: the host may read the keep's memory"), overrides);
    m_noSandbox = new QCheckBox(tr("&No sandbox around the keep: its finding fails, and does not decide"), overrides);
    overrides->body()->addWidget(m_debug);
    overrides->body()->addWidget(m_noSandbox);
    layout->addWidget(overrides);
    layout->addStretch(1);

    connect(m_otherDigest, &QRadioButton::toggled, m_digest, &QWidget::setEnabled);
    connect(m_otherDigest, &QRadioButton::toggled, this, &ExpectationsStep::take);
    connect(m_digest, &QLineEdit::textChanged, this, &ExpectationsStep::take);
    for (QCheckBox *box : {m_strict, m_debug, m_noSandbox})
        connect(box, &QCheckBox::toggled, this, &ExpectationsStep::take);
    connect(m_execution, &QComboBox::currentIndexChanged, this, &ExpectationsStep::take);
}

void ExpectationsStep::enter()
{
    const MachineRequest &machine = draft().request.machine;
    const bool proves = machine.technology.empty() || machine.technology == "snp";
    const bool whole = machine.whole.has_value();
    if (whole)
        m_execution->setCurrentIndex(0);
    m_execution->setEnabled(!whole);
    m_execution->setToolTip(whole ? tr("A whole virtual machine is no module that is interpreted or compiled.") : QString());
    const QString whyNot = proves ? QString() : tr("SEV-ES and SEV can't prove it.");
    m_shortEvidence->setVisible(!proves);
    if (!proves) {
        m_ownDigest->setChecked(true);
        m_strict->setChecked(false);
        for (const auto &[id, spin] : m_tcb)
            spin->setValue(0);
    }
    for (QWidget *control : std::initializer_list<QWidget *>{m_otherDigest, m_strict}) {
        control->setEnabled(proves);
        control->setToolTip(whyNot);
    }
    for (const auto &[id, spin] : m_tcb) {
        spin->setEnabled(proves);
        spin->setToolTip(whyNot);
    }
}

void ExpectationsStep::take()
{
    LaunchRequest &request = draft().request;
    request.expectDigest.reset();
    m_missing.clear();
    if (m_otherDigest->isChecked()) {
        const auto bytes = fromHex(m_digest->text().toStdString());
        const auto digest = bytes ? LaunchDigest::from(*bytes, "launch digest") : std::unexpected(bytes.error());
        if (digest)
            request.expectDigest = *digest;
        else
            m_missing = m_digest->text().isEmpty() ? tr("Enter the launch digest that you expect.")
                                                   : tr("That is no launch digest: %1.").arg(shownLine(digest.error().why));
    }
    m_digestProblem->setText(m_missing);
    m_digestProblem->setVisible(!m_missing.isEmpty() && !m_digest->text().isEmpty());
    request.minimumTcb.clear();
    for (const auto &[id, spin] : m_tcb)
        if (spin->value() > 0)
            request.minimumTcb.emplace_back(id, static_cast<unsigned>(spin->value()));
    request.strict = m_strict->isChecked();
    request.allowDebug = m_debug->isChecked();
    request.noSandbox = m_noSandbox->isChecked();
    request.execution = m_execution->currentData().toString().toStdString();
    touch();
}

QString ExpectationsStep::summary() const
{
    const LaunchRequest &request = draft().request;
    QStringList words{request.expectDigest ? tr("own digest")
            : request.machine.whole        ? tr("digest of its files")
                                           : tr("this program's digest")};
    if (!request.minimumTcb.empty())
        words += tr("floors");
    if (request.strict)
        words += tr("strict");
    if (request.allowDebug || request.noSandbox)
        words += tr("overrides");
    return words.join(u", "_s);
}

QString ExpectationsStep::missing() const
{
    return m_missing;
}

} // namespace kastellan::ui
