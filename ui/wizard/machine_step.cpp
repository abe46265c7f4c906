// SPDX-License-Identifier: Apache-2.0
#include "ui/wizard/machine_step.h"

#include "core/keeps/forwarded_port.h"
#include "ui/keep/machine_facts.h"
#include "ui/text.h"
#include "ui/theme/icons.h"
#include "ui/widgets/card.h"
#include "ui/widgets/dialogs.h"
#include "ui/widgets/labels.h"
#include "ui/wizard/chosen_host.h"
#include "ui/wizard/policy_card.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QRegularExpression>
#include <QSpinBox>

#include <algorithm>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

/// A field with its label above it, in a row of such.
void addField(QHBoxLayout *row, const QString &title, QWidget *field, int stretch = 0)
{
    auto *column = new QVBoxLayout;
    column->setSpacing(4);
    auto *label = new QLabel(title, field->parentWidget());
    label->setBuddy(field);
    label->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    column->addWidget(label);
    column->addWidget(field);
    row->addLayout(column, stretch);
}

} // namespace

MachineStep::MachineStep(Workspace &space, LaunchDraft &choices, MessageBar &bar, QWidget *parent)
    : WizardStep(space, choices, bar, parent)
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(12);
    m_policy = new PolicyCard(space, this);
    connect(m_policy, &PolicyCard::changed, this, &MachineStep::take);
    for (Card *card : {makeCluster(), makeProtection(), makeResources(), makeNetwork(), makeFiles()})
        layout->addWidget(card);
    layout->addWidget(m_policy);
    layout->addWidget(makeGivenUp());
    layout->addStretch(1);
    connect(&space.directory, &Directory::hostsChanged, this, &MachineStep::offer);
}

Card *MachineStep::makeProtection()
{
    auto *card = new Card(tr("What has to protect it"), this);
    struct Choice {
        const char *id;
        QString title, meaning;
    };
    const Choice choices[] = {{"", tr("The strongest that the host &offers"), {}},
        {"snp", tr("SEV-S&NP"), tr("The host can neither read nor change the keep, which proves itself at any time.")},
        {"es", tr("SEV-&ES"), tr("The host can't read memory or registers, but can tamper with memory. Proven once, before it starts.")},
        {"sev", tr("S&EV"), tr("The host can't read memory, but can tamper with memory and registers. Proven once, before it starts.")}};
    for (const auto &[id, title, meaning] : choices) {
        auto *button = new QRadioButton(title, card);
        button->setObjectName(u"technology-"_s + QString::fromLatin1(id));
        button->setAccessibleDescription(meaning);
        auto *both = new QVBoxLayout;
        both->setSpacing(1);
        both->addWidget(button);
        if (!meaning.isEmpty()) {
            auto *words = new Label(meaning, Label::Kind::Small, Tone::Muted, card);
            words->setContentsMargins(26, 0, 0, 0);
            both->addWidget(words);
        }
        card->body()->addLayout(both);
        m_technologies.emplace_back(id, button);
        connect(button, &QRadioButton::toggled, this, &MachineStep::take);
    }
    m_technologies.front().second->setChecked(true);
    m_rehearse = new QCheckBox(tr("&Rehearse: emulated firmware measures and attests in the place of the hardware's"), card);
    m_rehearse->setObjectName(u"rehearse"_s);
    card->body()->addSpacing(6);
    card->body()->addWidget(m_rehearse);
    card->body()->addWidget(new Label(
        tr("A rehearsal is the same launch by the same libvirt and QEMU. It proves the procedure, and nothing about hardware: whatever "
           "it yields says “emulated”."),
        Label::Kind::Small, Tone::Muted, card));
    m_cannot = new Label({}, Label::Kind::Body, Tone::Warning, card);
    m_cannot->hide();
    card->body()->addWidget(m_cannot);
    connect(m_rehearse, &QCheckBox::toggled, this, &MachineStep::offer);
    return card;
}

Card *MachineStep::makeResources()
{
    auto *card = new Card(tr("Resources"), this);
    auto *row = new QHBoxLayout;
    row->setSpacing(18);
    m_vcpus = new QSpinBox(card);
    m_vcpus->setRange(1, 255);
    m_vcpus->setMinimumWidth(110);
    m_vcpus->setAccessibleName(tr("Virtual processors"));
    m_vcpus->setObjectName(u"vcpus"_s);
    addField(row, tr("&Virtual processors"), m_vcpus);
    m_memory = new QSpinBox(card);
    m_memory->setRange(0, 1 << 20);
    m_memory->setSingleStep(256);
    m_memory->setSuffix(tr(" MiB"));
    m_memory->setSpecialValueText(tr("what the workload needs"));
    m_memory->setMinimumWidth(210);
    m_memory->setAccessibleName(tr("Memory"));
    m_memory->setObjectName(u"memory"_s);
    addField(row, tr("&Memory"), m_memory);
    m_model = new QLineEdit(card);
    m_model->setPlaceholderText(tr("the host's own family"));
    m_model->setAccessibleName(tr("Processor model"));
    m_model->setToolTip(tr("A name of QEMU's, as EPYC-Milan or EPYC-v4. It is part of the launch digest."));
    m_model->setObjectName(u"cpuModel"_s);
    addField(row, tr("&Processor model"), m_model, 1);
    card->body()->addLayout(row);
    card->body()->addWidget(
        new Label(tr("The number of processors and their model are measured: another number gives another launch digest."),
            Label::Kind::Small, Tone::Muted, card));
    connect(m_vcpus, &QSpinBox::valueChanged, this, &MachineStep::take);
    connect(m_memory, &QSpinBox::valueChanged, this, &MachineStep::take);
    connect(m_model, &QLineEdit::textChanged, this, &MachineStep::take);
    return card;
}

Card *MachineStep::makeNetwork()
{
    auto *card = new Card(tr("Network"), this);
    auto *row = new QHBoxLayout;
    row->setSpacing(18);
    m_network = new QComboBox(card);
    m_network->addItem(tr("None (recommended)"), u"none"_s);
    m_network->addItem(tr("User-mode"), u"user"_s);
    m_network->addItem(tr("Bridge"), u"bridge"_s);
    m_network->setAccessibleName(tr("Network"));
    m_network->setObjectName(u"network"_s);
    addField(row, tr("Net&work"), m_network);
    m_bridge = new QLineEdit(card);
    m_bridge->setPlaceholderText(u"virbr0"_s);
    m_bridge->setAccessibleName(tr("Name of the bridge"));
    m_bridge->setObjectName(u"bridge"_s);
    addField(row, tr("&Bridge"), m_bridge);
    m_ports = new QLineEdit(card);
    m_ports->setPlaceholderText(tr("8080:80, udp:5353:53"));
    m_ports->setAccessibleName(tr("Forwarded ports"));
    m_ports->setObjectName(u"ports"_s);
    addField(row, tr("&Forwarded ports, host:keep"), m_ports, 1);
    card->body()->addLayout(row);
    m_portsProblem = new Label({}, Label::Kind::Small, Tone::Negative, card);
    m_portsProblem->hide();
    card->body()->addWidget(m_portsProblem);
    card->body()->addWidget(new Label(tr("User-mode: out through the host's own connections. The session with the keep needs no network, "
                                         "and a module can't use one; a whole "
                                         "virtual machine can."),
        Label::Kind::Small, Tone::Muted, card));
    connect(m_network, &QComboBox::currentIndexChanged, this, &MachineStep::take);
    connect(m_bridge, &QLineEdit::textChanged, this, &MachineStep::take);
    connect(m_ports, &QLineEdit::textChanged, this, &MachineStep::take);
    return card;
}

Card *MachineStep::makeFiles()
{
    auto *card = new Card(tr("Files"), this);
    auto *grid = new QGridLayout;
    grid->setHorizontalSpacing(16);
    grid->setVerticalSpacing(8);
    grid->setColumnStretch(1, 1);
    const auto row = [&](int number, const QString &title, const QString &name, const QString &placeholder, bool folder) {
        auto *field = new QLineEdit(card);
        field->setPlaceholderText(placeholder);
        field->setAccessibleName(name);
        auto *label = new QLabel(title, card);
        label->setBuddy(field);
        auto *browse = new QPushButton(icon(folder ? u"folder"_s : u"file"_s), tr("Choose…"), card);
        browse->setAccessibleName(tr("Choose: %1").arg(name));
        grid->addWidget(label, number, 0);
        grid->addWidget(field, number, 1);
        grid->addWidget(browse, number, 2);
        connect(field, &QLineEdit::textChanged, this, &MachineStep::take);
        connect(browse, &QPushButton::clicked, this, [this, field, name, folder] {
            const QString path = folder ? dialogs::openFolder(this, name) : dialogs::openFile(this, name, tr("All files (*)"));
            if (!path.isEmpty())
                field->setText(path);
        });
        return field;
    };
    m_image = row(0, tr("Keep &image:"), tr("Folder of the keep image"), tr("the one that was built or installed"), true);
    m_firmware = row(1, tr("F&irmware:"), tr("Firmware in place of the image's"), tr("the keep image's own"), false);
    card->body()->addLayout(grid);
    return card;
}

Card *MachineStep::makeGivenUp()
{
    m_givenUp = new Card(tr("Protection given up"), this);
    m_unattested = new QCheckBox(tr("Launch &without evidence: nothing proves what runs, and no secret is ever sent"), m_givenUp);
    m_unattested->setObjectName(u"unattested"_s);
    m_givenUp->body()->addWidget(m_unattested);
    m_givenUp->body()->addWidget(new Label(
        tr("For hosts without SEV. Whoever runs the host can read and change everything in the machine. The verdict is “undecided” for "
           "good; it is named in the banner and recorded."),
        Label::Kind::Small, Tone::Muted, m_givenUp));
    connect(m_unattested, &QCheckBox::toggled, this, &MachineStep::offer);
    return m_givenUp;
}

/// Deliberately: what a cluster can't do is read before it is used.
Card *MachineStep::makeCluster()
{
    m_cluster = new Card(tr("What a cluster can't prove"), this);
    m_cluster->setTone(Tone::Warning);
    m_cluster->body()->addWidget(new Label(
        tr("KubeVirt measures neither kernel nor initial RAM disk today, and offers no way into a machine that does not lead through "
           "its network. So the verdict stays “undecided”, nothing is delivered to the keep, and it is removed again; the plan shows "
           "the YAML that would be asked for, and nothing is asked before you launch."),
        Label::Kind::Body, Tone::Plain, m_cluster));
    m_undecided = new QCheckBox(tr("I know: &undecided, and nothing is delivered"), m_cluster);
    m_undecided->setObjectName(u"undecided"_s);
    m_cluster->body()->addWidget(m_undecided);
    connect(m_undecided, &QCheckBox::toggled, this, [this](bool on) {
        draft().undecidedAccepted = on;
        take();
    });
    return m_cluster;
}

bool MachineStep::applies() const
{
    const auto chosen = chosenHost(workspace(), draft());
    return chosen && chosen->machines;
}

void MachineStep::enter()
{
    const QString now = QString::fromStdString(draft().request.host);
    if (m_for != now) { // what another host had to make up for
        m_for = now;
        const auto chosen = chosenHost(workspace(), draft());
        m_rehearse->setChecked(chosen && chosen->technologies.empty() && chosen->rehearses);
        m_unattested->setChecked(false);
        m_undecided->setChecked(draft().undecidedAccepted);
    }
    offer();
}

/// What the chosen host can give; every control that it can't give says why.
void MachineStep::offer()
{
    const auto chosen = chosenHost(workspace(), draft());
    if (!chosen || !m_unattested)
        return;
    const bool cluster = isCluster(chosen->id), automatic = chosen->id == automaticHost;
    const bool rehearses = m_rehearse->isChecked(), without = m_unattested->isChecked();
    for (const auto &[id, button] : m_technologies) {
        const bool offered = id.empty() || rehearses || !saysWhatItOffers(*chosen)
            || std::ranges::find(chosen->technologies, id) != chosen->technologies.end();
        button->setEnabled(offered && !without);
        button->setToolTip(without ? tr("The keep is launched without evidence.")
                : offered          ? QString()
                                   : tr("This host does not offer %1.").arg(technologyName(id)));
        if (!offered && button->isChecked())
            m_technologies.front().second->setChecked(true);
    }
    m_rehearse->setEnabled(chosen->rehearses && !without);
    m_rehearse->setToolTip(without ? tr("The keep is launched without evidence.")
            : chosen->rehearses    ? QString()
            : automatic            ? tr("A host that is chosen automatically protects its keep: name the host to rehearse.")
            : cluster              ? tr("No cluster has the stand-in for QEMU that a rehearsal needs.")
                                   : tr("Rehearsals need QEMU on this very computer."));
    if (!chosen->rehearses)
        m_rehearse->setChecked(false);
    m_unattested->setEnabled(chosen->technologies.empty() && !rehearses);
    m_unattested->setToolTip(rehearses      ? tr("A rehearsal has evidence, emulated as it is.")
            : automatic                     ? tr("A host that is chosen automatically protects its keep: name the host to give that up.")
            : !chosen->technologies.empty() ? tr("This host offers protection with evidence.")
                                            : QString());
    if (!m_unattested->isEnabled())
        m_unattested->setChecked(false);
    m_givenUp->setVisible(!cluster);
    m_cluster->setVisible(cluster);
    m_image->setPlaceholderText(
        cluster ? tr("docker://REGISTRY/NAME@sha256:…, pinned by digest") : tr("the one that was built or installed"));
    m_firmware->setEnabled(!cluster);
    m_firmware->setToolTip(cluster ? tr("KubeVirt starts machines from its own firmware.") : QString());
    take();
}

void MachineStep::takeNetwork(MachineRequest &machine)
{
    m_networkProblem.clear();
    const QString network = m_network->currentData().toString();
    const bool bridged = network == "bridge"_L1, forwards = network == "user"_L1;
    m_bridge->setEnabled(bridged);
    m_bridge->setToolTip(bridged ? QString() : tr("Choose the bridged network first."));
    m_ports->setEnabled(forwards);
    m_ports->setToolTip(forwards ? QString() : tr("Ports are forwarded by the user-mode network."));
    machine.network = bridged ? "bridge:" + m_bridge->text().trimmed().toStdString() : network.toStdString();
    if (bridged && m_bridge->text().trimmed().isEmpty())
        m_networkProblem = tr("Name the bridge.");
    machine.ports.clear();
    QString problem;
    if (forwards)
        for (const QString &word : m_ports->text().split(QRegularExpression(u"[\\s,;]+"_s), Qt::SkipEmptyParts)) {
            if (const auto port = forwardedPortFrom(word.toStdString()))
                machine.ports.push_back(*port);
            else if (problem.isEmpty())
                problem = tr("“%1”: %2 %3").arg(word, shown(port.error().why) + u'.', shown(port.error().remedy));
        }
    m_portsProblem->setText(problem);
    m_portsProblem->setVisible(!problem.isEmpty());
    if (!problem.isEmpty())
        m_networkProblem = problem;
}

/// Why the host can't give what was chosen; empty where it can.
QString MachineStep::problemOf(const HostInfo &chosen, const MachineRequest &machine) const
{
    if (isCluster(chosen.id))
        return draft().undecidedAccepted ? QString() : tr("Say first that you know what a cluster can't prove.");
    if (!saysWhatItOffers(chosen) || !chosen.technologies.empty() || machine.rehearse || machine.unattested)
        return {};
    return chosen.rehearses
        ? tr("This host offers no SEV. Rehearse the launch, choose another host, or give up evidence below.")
        : tr("This host offers no SEV, and no launch can be rehearsed there. Choose another host, or give up evidence below.");
}

void MachineStep::take()
{
    if (!m_unattested) // still being built
        return;
    const auto chosen = chosenHost(workspace(), draft());
    MachineRequest &machine = draft().request.machine;
    const MachineRequest before = machine;
    machine.technology.clear();
    for (const auto &[id, button] : m_technologies)
        if (button->isChecked())
            machine.technology = id;
    machine.rehearse = m_rehearse->isChecked();
    machine.unattested = m_unattested->isChecked();
    if (machine.unattested)
        machine.technology.clear();
    machine.vcpus = static_cast<unsigned>(m_vcpus->value());
    machine.memoryMiB = static_cast<std::uint64_t>(m_memory->value());
    machine.cpuModel = m_model->text().trimmed().toStdString();
    machine.image = m_image->text().trimmed().toStdString();
    machine.firmware = m_firmware->isEnabled() ? m_firmware->text().trimmed().toStdString() : std::string();
    takeNetwork(machine);
    const bool cluster = chosen && isCluster(chosen->id);
    {
        const QSignalBlocker quiet(m_policy); // it tells what is being taken
        m_policy->setTechnology(machine.technology,
            machine.unattested                           ? tr("The keep is launched without evidence: no policy protects it.")
                : cluster && machine.technology != "snp" ? tr("KubeVirt makes the policy of SEV and SEV-ES itself.")
                                                         : QString());
    }
    m_policy->apply(machine);

    const QString cannot = chosen ? problemOf(*chosen, machine) : QString();
    m_cannot->setText(cannot);
    m_cannot->setVisible(!cannot.isEmpty() && !cluster);
    m_missing = !m_policy->missing().isEmpty() ? m_policy->missing() : m_networkProblem;
    if (!cannot.isEmpty())
        m_missing = cannot;
    const auto *workload = draft().workload.get();
    if (machine.unattested && workload && !workload->config.secrets.empty())
        m_missing = tr("The workload asks for secrets: without evidence none is sent.");
    if (machine == before) // the hosts were looked at again: a plan that was made stays
        Q_EMIT changed();
    else
        touch();
}

QString MachineStep::summary() const
{
    const MachineRequest &machine = draft().request.machine;
    QStringList words;
    if (machine.unattested)
        words += tr("without evidence");
    else if (machine.technology.empty())
        words += machine.rehearse ? tr("rehearsal") : tr("strongest");
    else if (isCluster(draft().request.host))
        words += tr("%1, undecided").arg(technologyName(machine.technology));
    else
        words += machine.rehearse ? tr("%1 rehearsal").arg(technologyName(machine.technology)) : technologyName(machine.technology);
    words += machine.vcpus == 1 ? tr("1 processor") : tr("%1 processors").arg(machine.vcpus);
    return words.join(u", "_s);
}

QString MachineStep::missing() const
{
    return applies() ? m_missing : QString();
}

} // namespace kastellan::ui
