// SPDX-License-Identifier: Apache-2.0
#include "ui/pages/host_page.h"

#include "ui/models/table_model.h"
#include "ui/pages/keep_table.h"
#include "ui/pages/page_parts.h"
#include "ui/theme/icons.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/card.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/table_view.h"

#include <QPushButton>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

HostPage::HostPage(Workspace &space, QWidget *parent)
    : Page(space, parent)
    , m_title(new ElidedLabel({}, Label::Kind::Title, Tone::Plain, Qt::ElideRight, this))
    , m_platform(new Label({}, Label::Kind::Value, Tone::Muted, this))
    , m_state(new Badge({}, this))
    , m_emulated(emulatedBadge(this))
    , m_launch(new QPushButton(icon(u"launch"_s), tr("&Launch here…"), this))
    , m_message(new MessageBar(this))
    , m_readiness(new Card({}, this))
    , m_why(new Label({}, Label::Kind::Value, Tone::Plain, this))
    , m_remedy(new Label({}, Label::Kind::Value, Tone::Plain, this))
    , m_facts(new FactList(this))
    , m_factsCard(new Card(tr("What it says of itself"), this))
    , m_keeps(new TableModel(keepHeaders(false), this))
    , m_keepsView(new TableView(tr("Keeps on this host"), *m_keeps, this))
    , m_noKeeps(new Label(tr("No keeps here yet."), Label::Kind::Body, Tone::Muted, this))
{
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    auto *scroll = new ScrollPage(tr("Host"), 1080, this);
    outer->addWidget(scroll);
    QVBoxLayout *layout = scroll->body();
    auto *header = new QHBoxLayout;
    header->setSpacing(10);
    auto *words = new QVBoxLayout;
    words->setSpacing(2);
    auto *line = new QHBoxLayout;
    line->setSpacing(10);
    line->addWidget(m_title);
    line->addWidget(m_state);
    line->addWidget(m_emulated);
    line->addStretch(1);
    words->addLayout(line);
    words->addWidget(m_platform);
    header->addLayout(words, 1);
    header->addWidget(m_launch, 0, Qt::AlignTop);
    layout->addLayout(header);
    layout->addWidget(m_message);
    m_readiness->body()->addWidget(m_why);
    m_readiness->body()->addWidget(m_remedy);
    layout->addWidget(m_readiness);
    m_factsCard->body()->addWidget(m_facts);
    m_factsCard->body()->addWidget(new Label(tr("Readiness helps to choose a host. It is never proof: proof is each keep's attestation."),
        Label::Kind::Small, Tone::Muted, this));
    layout->addWidget(m_factsCard);
    auto *keepsCard = new Card(tr("Keeps"), this);
    keepsCard->body()->addWidget(m_noKeeps);
    keepsCard->body()->addWidget(m_keepsView, 1000);
    keepsCard->body()->addStretch(1);
    m_keepsView->setFrameShape(QFrame::NoFrame);
    m_keepsView->setColumnWidths({260, 130, 230});
    m_keepsView->setMinimumHeight(180);
    m_keepsView->sortByColumn(3, Qt::DescendingOrder);
    layout->addWidget(keepsCard, 1);
    m_launch->setProperty("primary", true);
    connect(m_launch, &QPushButton::clicked, this, [this] { workspace().launch({}); });
    connect(m_keepsView, &TableView::keyActivated, this, [this](const QString &key) { workspace().go({u"keep"_s, key, {}}); });
    connect(&space.directory, &Directory::hostsChanged, this, &HostPage::show);
    connect(&space.directory, &Directory::keepsChanged, this, &HostPage::showKeeps);
}

QString HostPage::title() const
{
    const HostInfo *host = workspace().directory.host(m_id);
    return host ? shownLine(host->name) : m_id;
}

void HostPage::open(const Link &link)
{
    m_id = link.subject;
    show();
}

void HostPage::refresh()
{
    workspace().directory.refreshHosts();
}

void HostPage::show()
{
    if (m_id.isEmpty())
        return;
    const HostInfo *host = workspace().directory.host(m_id);
    m_message->clear();
    m_facts->clear();
    m_title->setText(title());
    if (!host) {
        m_state->setSign(hostSign("unknown"));
        m_emulated->hide();
        m_launch->setEnabled(false);
        m_launch->setToolTip(tr("This host is not known."));
        m_readiness->setTone(Tone::Warning);
        m_why->setText(
            workspace().directory.isLoaded() ? tr("This program does not know the host “%1”.").arg(m_id) : tr("Looking at the host…"));
        m_remedy->hide();
        m_factsCard->hide();
        showKeeps();
        return;
    }
    const Sign sign = hostSign(host->state);
    m_state->setSign(sign);
    m_emulated->setVisible(host->emulated);
    m_platform->setText(shown(host->platform));
    m_platform->setVisible(!host->platform.empty());
    m_launch->setEnabled(host->state == "ready");
    m_launch->setToolTip(host->state == "ready" ? QString() : tr("The host is not ready: %1").arg(shown(host->why)));
    m_readiness->setTone(sign.tone);
    m_why->setText(shown(host->why));
    m_remedy->setText(tr("What to do: %1").arg(shown(host->remedy)));
    m_remedy->setVisible(!host->remedy.empty());
    m_readiness->setVisible(!host->why.empty() || !host->remedy.empty());
    m_factsCard->setVisible(!host->facts.empty());
    for (const auto &[name, value] : host->facts)
        m_facts->add(shownLine(name), shown(value), value.size() >= 32 && value.find(' ') == std::string::npos);
    showKeeps();
    Q_EMIT titleChanged();
}

void HostPage::showKeeps()
{
    std::vector<KeepPointer> here;
    for (const KeepPointer &keep : workspace().directory.keeps())
        if (QString::fromStdString(keep->plan.host) == m_id)
            here.push_back(keep);
    m_noKeeps->setVisible(here.empty());
    m_keepsView->setVisible(!here.empty());
    m_keeps->setRows(keepRows(here, false));
}

QString HostPage::help() const
{
    return tr("A host is where keeps run. Ready means that a keep can be launched here now; if it is not ready, the page says why and what "
              "to do. "
              "What a host says of itself is help, never proof: proof is the attestation of each keep.");
}

} // namespace kastellan::ui
