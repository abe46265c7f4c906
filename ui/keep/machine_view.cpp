// SPDX-License-Identifier: Apache-2.0
#include "ui/keep/machine_view.h"

#include "ui/data/keep_session.h"
#include "ui/data/log_tail.h"
#include "ui/data/workspace.h"
#include "ui/keep/machine_facts.h"
#include "ui/text.h"
#include "ui/widgets/card.h"
#include "ui/widgets/code_view.h"
#include "ui/widgets/console_view.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/sparkline.h"

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {
constexpr int mostConsoleLines = 2000;
}

MachineView::MachineView(Workspace &workspace, KeepSession &session, QWidget *parent)
    : QWidget(parent)
    , m_workspace(workspace)
    , m_session(session)
{
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    auto *scroll = new ScrollPage(tr("Machine"), 1080, this, ScrollPage::Margins::None);
    outer->addWidget(scroll);

    m_use = new Card(tr("What it uses"), scroll);
    auto *lines = new QHBoxLayout;
    lines->setSpacing(24);
    m_processor =
        new Sparkline(tr("Processors"), [this](double share) { return tr("%1 %").arg(locale().toString(share * 100, 'f', 0)); }, 1, m_use);
    m_memory = new Sparkline(tr("Memory"), [](double bytes) { return bytesText(static_cast<std::uint64_t>(bytes)); }, 0, m_use);
    lines->addWidget(m_processor, 1);
    lines->addWidget(m_memory, 1);
    m_use->body()->addLayout(lines);
    m_noUse = new Label({}, Label::Kind::Small, Tone::Muted, m_use);
    m_use->body()->addWidget(m_noUse);
    scroll->body()->addWidget(m_use);

    auto *decided = new Card(tr("What was decided"), scroll);
    m_facts = new FactList(decided);
    decided->body()->addWidget(m_facts);
    scroll->body()->addWidget(decided);

    auto *console = new Card(tr("Console"), scroll);
    console->body()->addWidget(
        new Label(tr("What the firmware, the kernel and the warden's last words wrote. The host can read it and write into it: it proves "
                     "nothing, and the workload's output never goes there."),
            Label::Kind::Body, Tone::Muted, console));
    m_console = new ConsoleView(tr("Console of the machine"), mostConsoleLines, console);
    m_console->setFixedHeight(300);
    connect(m_console, &ConsoleView::said, &workspace, &Workspace::say);
    console->body()->addWidget(m_console);
    scroll->body()->addWidget(console);

    m_xmlCard = new Card(tr("Domain XML"), scroll);
    m_xmlText = new Label({}, Label::Kind::Body, Tone::Muted, m_xmlCard);
    m_xmlCard->body()->addWidget(m_xmlText);
    m_xml = new CodeView(tr("Domain XML"), m_xmlCard);
    m_xml->setFixedHeight(340);
    m_xmlCard->body()->addWidget(m_xml);
    scroll->body()->addWidget(m_xmlCard);
    scroll->body()->addStretch(1);
    connect(&session, &KeepSession::used, this, &MachineView::used);
    connect(&session, &KeepSession::opened, this, &MachineView::watch);
    connect(&session, &KeepSession::closed, this, &MachineView::watch);
}

void MachineView::setKeep(const KeepPointer &keep)
{
    const bool other = !keep || !m_keep || keep->plan.id != m_keep->plan.id;
    m_keep = keep && keep->plan.machine ? keep : nullptr;
    if (other) {
        m_processor->clear();
        m_memory->clear();
        m_lastAt = 0;
        m_console->clear();
        m_tail.reset();
        m_facts->clear();
        if (m_keep) {
            addMachineFacts(*m_facts, *m_keep->plan.machine);
            const bool cluster = isCluster(m_keep->plan.host);
            m_xmlCard->setHeading(domainTitle(m_keep->plan.host));
            m_xml->setAccessibleName(domainTitle(m_keep->plan.host));
            m_xmlText->setText(cluster
                    ? tr("What the cluster was asked for: a VirtualMachineInstance of KubeVirt.")
                    : tr("As it was planned for the host. What only the launch makes, as the owner's session under SEV, is not in it."));
            m_xml->setCode(shown(m_keep->plan.machine->domainXml), domainLanguage(m_keep->plan.host));
            m_xmlCard->setVisible(!m_keep->plan.machine->domainXml.empty());
            m_tail = std::make_unique<LogTail>(m_workspace.jobs, m_workspace.services.keeps.logPath(m_keep->plan.id));
            connect(m_tail.get(), &LogTail::lines, this, [this](const QList<LogLine> &lines) {
                QStringList texts;
                for (const LogLine &line : lines)
                    if (line.stream == LogEntry::Stream::Console && !line.open)
                        texts += line.text;
                m_console->append(texts);
            });
            m_tail->read();
        }
    }
    watch();
}

void MachineView::readOn()
{
    if (m_tail)
        m_tail->read();
}

void MachineView::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    watch();
}

void MachineView::hideEvent(QHideEvent *event)
{
    QWidget::hideEvent(event);
    watch();
}

/// The loader looks only while somebody looks here.
void MachineView::watch()
{
    const bool runs = m_keep && !isFinal(m_keep->state) && m_session.isOpen();
    m_session.watchUse(runs && isVisible());
    m_noUse->setText(!m_keep            ? QString()
            : isFinal(m_keep->state)    ? tr("The keep has ended.")
            : !m_session.isOpen()       ? tr("The keep's loader does not answer.")
            : m_processor->count() == 0 ? tr("Waiting for the first figures…")
                                        : tr("As the host tells it, each second; the keep says nothing of it."));
}

void MachineView::used(qint64 at, double cpuSeconds, quint64 memory)
{
    if (m_lastAt > 0 && at > m_lastAt && m_keep) {
        const double seconds = double(at - m_lastAt) / 1000, processors = m_keep->plan.machine->request.vcpus;
        m_processor->add(std::max(0.0, (cpuSeconds - m_lastSeconds) / seconds / processors));
        m_memory->add(double(memory));
    }
    const bool first = m_lastAt == 0;
    m_lastAt = at;
    m_lastSeconds = cpuSeconds;
    if (first || m_processor->count() == 1)
        watch();
}

} // namespace kastellan::ui
