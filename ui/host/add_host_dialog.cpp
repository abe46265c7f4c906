// SPDX-License-Identifier: Apache-2.0
#include "ui/host/add_host_dialog.h"

#include "ui/keep/machine_facts.h"
#include "ui/text.h"
#include "ui/theme/icons.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/card.h"
#include "ui/widgets/choice_card.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/segments.h"

#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

AddHostDialog::AddHostDialog(Workspace &workspace, QWidget *parent)
    : QDialog(parent)
    , m_workspace(workspace)
    , m_message(new MessageBar(this))
    , m_kinds(new Segments(tr("Kind of host"), this))
    , m_help(new Label({}, Label::Kind::Body, Tone::Muted, this))
    , m_problem(new Label({}, Label::Kind::Small, Tone::Negative, this))
    , m_doing(new Label({}, Label::Kind::Small, Tone::Muted, this))
    , m_address(new QLineEdit(this))
    , m_name(new QLineEdit(this))
    , m_clusterList(new QWidget(this))
    , m_clusters(new QVBoxLayout(m_clusterList))
    , m_found(new Card(tr("What was found"), this))
    , m_facts(new FactList(m_found))
    , m_bar(new QProgressBar(this))
    , m_close(new QPushButton(tr("Cancel"), this))
    , m_look(new QPushButton(icon(u"search"_s), tr("&Check"), this))
    , m_add(new QPushButton(icon(u"add"_s), tr("&Add"), this))
{
    setObjectName(u"addHost"_s);
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Add a host"));
    resize(620, 480);
    setMinimumWidth(480);
    build();
    chooseKind(Libvirt);
}

void AddHostDialog::build()
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(22, 18, 22, 18);
    layout->setSpacing(10);
    layout->addWidget(new Label(tr("Add a host"), Label::Kind::Heading, Tone::Plain, this));
    m_kinds->add(tr("libvirt"), u"host"_s);
    m_kinds->add(tr("Cluster"), u"layers"_s);
    m_kinds->add(tr("ssh, to look at"), u"search"_s);
    layout->addWidget(m_kinds, 0, Qt::AlignLeading);
    layout->addWidget(m_help);
    m_clusters->setContentsMargins(0, 0, 0, 0);
    m_clusters->setSpacing(8);
    layout->addWidget(m_clusterList);
    auto *grid = new QGridLayout;
    grid->setHorizontalSpacing(14);
    grid->setVerticalSpacing(8);
    grid->setColumnStretch(1, 1);
    const auto row = [&](int number, const QString &title, QLineEdit *field, const char *name) {
        auto *label = new QLabel(title, this);
        label->setBuddy(field);
        field->setObjectName(QString::fromLatin1(name));
        field->setAccessibleName(QString(title).remove(u'&').remove(u':'));
        grid->addWidget(label, number, 0);
        grid->addWidget(field, number, 1);
    };
    row(0, tr("A&ddress:"), m_address, "hostAddress");
    row(1, tr("&Name:"), m_name, "hostName");
    m_name->setPlaceholderText(tr("may be left out"));
    layout->addLayout(grid);
    m_problem->setObjectName(u"hostProblem"_s);
    layout->addWidget(m_problem);
    layout->addWidget(m_message);
    m_found->body()->addWidget(m_facts);
    m_found->hide();
    layout->addWidget(m_found);
    m_bar->setRange(0, 0);
    m_bar->setTextVisible(false);
    m_bar->setAccessibleName(tr("Looking at the host"));
    m_bar->hide();
    layout->addWidget(m_doing);
    layout->addWidget(m_bar);
    layout->addStretch(1);
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    m_look->setObjectName(u"hostLook"_s);
    m_add->setObjectName(u"hostAdd"_s);
    m_close->setObjectName(u"hostCancel"_s);
    m_close->setAutoDefault(false);
    m_add->setProperty("primary", true);
    buttons->addWidget(m_close);
    buttons->addStretch(1);
    buttons->addWidget(m_look);
    buttons->addWidget(m_add);
    layout->addLayout(buttons);
    connect(m_kinds, &Segments::chosen, this, &AddHostDialog::chooseKind);
    connect(m_address, &QLineEdit::textChanged, this, &AddHostDialog::update);
    connect(m_name, &QLineEdit::textChanged, this, &AddHostDialog::update);
    connect(m_close, &QPushButton::clicked, this, &AddHostDialog::reject);
    connect(m_look, &QPushButton::clicked, this, &AddHostDialog::look);
    connect(m_add, &QPushButton::clicked, this, &AddHostDialog::add);
}

void AddHostDialog::chooseKind(int kind)
{
    static const char *const examples[] = {"qemu:///system, qemu+ssh://epyc1/system", "kubevirt://CONTEXT/NAMESPACE", "ssh://epyc1"};
    const QString help[] = {
        tr("A libvirt daemon with QEMU: of this computer (qemu:///session, qemu:///system) or of another one (qemu+ssh://HOST/system, "
           "qemu+tls://HOST/system). Keeps are launched there as virtual machines."),
        tr("A namespace of a Kubernetes cluster with KubeVirt, by a context of your kubeconfig. What runs there can't be proven today: "
           "keeps "
           "stay undecided, and nothing is delivered to them."),
        tr("A machine where keepctl is installed: its readiness is looked at. Keeps are launched through libvirt: add its qemu+ssh:// "
           "address for that.")};
    m_address->setPlaceholderText(QString::fromLatin1(examples[kind]));
    m_help->setText(help[kind]);
    m_clusterList->setVisible(kind == Cluster);
    if (kind == Cluster)
        listClusters();
    m_address->setFocus(Qt::OtherFocusReason);
    update();
}

void AddHostDialog::listClusters()
{
    m_workspace.jobs.run<std::vector<HostInfo>>(
        JobRunner::Lane::Quiet, tr("Read the kubeconfig"), this,
        [list = m_workspace.services.hostList.clusters](const Progress &, const std::stop_token &) { return list(); },
        [this](const Result<std::vector<HostInfo>> &clusters) {
            while (QLayoutItem *item = m_clusters->takeAt(0)) {
                item->widget()->hide();
                item->widget()->deleteLater();
                delete item;
            }
            if (!clusters) {
                m_message->showError(clusters.error());
                return;
            }
            for (const HostInfo &cluster : *clusters) {
                auto *card = new ChoiceCard(u"layers"_s, shownLine(cluster.name),
                    shownLine(cluster.platform.empty() ? cluster.why : cluster.platform), m_clusterList);
                card->setObjectName(u"cluster-"_s + QString::fromStdString(cluster.id));
                connect(card, &QAbstractButton::clicked, this, [this, id = QString::fromStdString(cluster.id)] { m_address->setText(id); });
                m_clusters->addWidget(card);
            }
            if (clusters->empty())
                m_clusters->addWidget(new Label(tr("There is no kubeconfig with a context ($KUBECONFIG, ~/.kube/config)."),
                    Label::Kind::Body, Tone::Warning, m_clusterList));
        });
}

QString AddHostDialog::address() const
{
    return m_address->text().trimmed();
}

void AddHostDialog::update()
{
    const QString now = address();
    if (now != m_seenAddress) {
        m_found->hide();
        m_seen.reset();
        m_message->clear();
    }
    const Status allowed = now.isEmpty() ? Status() : m_workspace.services.hostList.check(now.toStdString());
    QString problem;
    if (!allowed)
        problem = shown(allowed.error().why) + u". "_s + shown(allowed.error().remedy);
    else if (m_workspace.directory.host(now))
        problem = tr("This host is on the list already.");
    m_problem->setText(problem);
    m_problem->setVisible(!problem.isEmpty());
    const bool busy = m_job && !m_adding;
    const QString whyNot = now.isEmpty() ? tr("Enter an address first.")
        : busy                           ? tr("The host is being looked at.")
        : m_adding                       ? tr("The host is being added.")
                                         : problem;
    for (QPushButton *button : {m_look, m_add}) {
        button->setEnabled(whyNot.isEmpty());
        button->setToolTip(whyNot);
    }
    m_add->setText(m_seen && m_seen->state != "ready" ? tr("&Add all the same") : tr("&Add"));
    m_look->setText(m_seen ? tr("&Check again") : tr("&Check"));
    // What is not known yet is looked at before it is added: that is the button for Enter.
    m_look->setDefault(!m_seen);
    m_add->setDefault(m_seen.has_value());
    m_bar->setVisible(busy || m_adding);
    m_doing->setText(busy ? tr("Looking at %1…").arg(now) : m_adding ? tr("Adding it…") : QString());
    m_doing->setVisible(busy || m_adding);
}

void AddHostDialog::look()
{
    const QString wanted = address();
    m_message->clear();
    m_seen.reset();
    m_found->hide();
    m_job = m_workspace.jobs.run<HostLook>(
        JobRunner::Lane::Shown, tr("Look at %1").arg(wanted), this,
        [look = m_workspace.services.hostList.look, wanted = wanted.toStdString()](
            const Progress &progress, const std::stop_token &stop) { return look(wanted, progress, stop); },
        [this, wanted](const Result<HostLook> &seen) {
            m_job = nullptr;
            if (wanted == address()) {
                if (seen) {
                    m_seen = *seen;
                    m_seenAddress = wanted;
                    showLook(*seen);
                } else {
                    m_message->showError(seen.error());
                }
            }
            update();
        });
    update();
}

void AddHostDialog::showLook(const HostLook &seen)
{
    m_facts->clear();
    auto *state = new QWidget(m_facts); // a badge alone would hold the column to its own width
    auto *line = new QHBoxLayout(state);
    line->setContentsMargins(0, 0, 0, 0);
    line->addWidget(new Badge(hostSign(seen.state), state));
    line->addStretch(1);
    m_facts->addWidget(tr("State"), state);
    if (!seen.platform.empty())
        m_facts->add(tr("Platform"), shown(seen.platform));
    if (!seen.why.empty())
        m_facts->add(tr("Why"), shown(seen.why));
    if (seen.state != "ready" && !seen.remedy.empty())
        m_facts->add(tr("What to do"), shown(seen.remedy));
    QStringList offers;
    for (const std::string &technology : seen.technologies)
        offers += technologyName(technology);
    if (seen.rehearses)
        offers += tr("rehearsals");
    if (seen.machines)
        m_facts->add(tr("Offers"), offers.isEmpty() ? tr("machines without evidence") : offers.join(u", "_s));
    m_found->setTone(seen.state == "ready" ? std::optional(Tone::Positive) : std::nullopt);
    m_found->show();
}

void AddHostDialog::add()
{
    m_message->clear();
    m_adding = true;
    const QString wanted = address();
    m_job = m_workspace.jobs.run<KnownHost>(
        JobRunner::Lane::Shown, tr("Add %1").arg(wanted), this,
        [add = m_workspace.services.hostList.add, wanted = wanted.toStdString(), name = m_name->text().trimmed().toStdString(),
            seen = m_seen](const Progress &, const std::stop_token &) { return add(wanted, name, seen); },
        [this](const Result<KnownHost> &known) {
            m_job = nullptr;
            m_adding = false;
            if (!known) {
                m_message->showError(known.error());
                update();
                return;
            }
            const QString id = QString::fromStdString(known->id);
            m_workspace.records.note(u"add host"_s, id, u"done"_s);
            m_workspace.say(tr("%1 was added").arg(id));
            m_workspace.directory.refreshHosts();
            Q_EMIT added(id);
            accept();
        });
    update();
}

void AddHostDialog::reject()
{
    if (m_job && !m_adding) {
        m_job->cancel();
        m_job = nullptr;
    }
    QDialog::reject();
}

} // namespace kastellan::ui
