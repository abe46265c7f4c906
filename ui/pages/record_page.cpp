// SPDX-License-Identifier: Apache-2.0
#include "ui/pages/record_page.h"

#include "ui/keep/attestation_view.h"
#include "ui/pages/page_parts.h"
#include "ui/pages/record_table.h"
#include "ui/theme/icons.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/message_bar.h"

#include <QPushButton>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

RecordPage::RecordPage(Workspace &space, QWidget *parent)
    : Page(space, parent)
    , m_title(new ElidedLabel({}, Label::Kind::Title, Tone::Plain, Qt::ElideRight, this))
    , m_facts(new ElidedLabel({}, Label::Kind::Body, Tone::Muted, Qt::ElideRight, this))
    , m_message(new MessageBar(this))
    , m_banner(new VerdictBanner(this))
    , m_view(new AttestationView(this))
{
    auto *layout = pageLayout(this);
    auto *header = new QHBoxLayout;
    auto *words = new QVBoxLayout;
    words->setSpacing(2);
    words->addWidget(m_title);
    words->addWidget(m_facts);
    header->addLayout(words, 1);
    auto *keep = new QPushButton(icon(u"keep"_s), tr("Show the &keep"), this);
    connect(keep, &QPushButton::clicked, this, [this] {
        if (m_dossier)
            workspace().go({u"keep"_s, QString::fromStdString(m_dossier->record.keep), {}});
    });
    header->addWidget(keep);
    header->addWidget(exportButton(
        space, m_message, [this] { return m_id; }, [this] { return m_dossier ? shownLine(m_dossier->record.keepName) : QString(); }, this));
    layout->addLayout(header);
    layout->addWidget(m_message);
    layout->addWidget(m_banner);
    layout->addWidget(m_view, 1);
    m_banner->hide();
    connect(m_view, &AttestationView::partChanged, this, &Page::linkChanged);
}

QString RecordPage::title() const
{
    return m_dossier ? tr("Evidence of %1").arg(shownLine(m_dossier->record.keepName)) : tr("Evidence");
}

Link RecordPage::link() const
{
    return {u"record"_s, m_id, m_view->part()};
}

void RecordPage::open(const Link &link)
{
    if (!link.part.isEmpty())
        m_view->setPart(link.part);
    if (link.subject == m_id && m_dossier)
        return;
    m_id = link.subject;
    m_dossier.reset();
    m_title->setText(tr("Evidence"));
    m_facts->setText(m_id);
    m_banner->hide();
    m_view->clear();
    m_message->clear();
    refresh();
}

void RecordPage::refresh()
{
    workspace().records.load(m_id, this, [this, id = m_id](Result<DossierPointer> dossier) {
        if (id != m_id)
            return;
        if (dossier)
            show(*dossier);
        else
            m_message->showError(dossier.error());
    });
}

void RecordPage::show(const DossierPointer &dossier)
{
    m_dossier = dossier;
    const Record &record = dossier->record;
    m_title->setText(tr("Evidence of %1").arg(shownLine(record.keepName)));
    m_facts->setText(u"%1 · %2 · %3 · %4"_s.arg(
        recordKind(record.kind), whenInFull(record.created), tr("host %1").arg(shownLine(record.host)), shownLine(record.id)));
    m_banner->showAppraisal(record.appraisal);
    m_banner->show();
    m_view->setDossier(dossier);
    if (dossier->viewProblem)
        m_message->showError(*dossier->viewProblem);
    Q_EMIT titleChanged();
}

QString RecordPage::help() const
{
    return tr(
        "This is one attestation as it was recorded: the verdict, each finding with what was expected and what was found, the certificate "
        "chain, the layers that must be trusted, and the raw report field by field. Export it to share it.");
}

} // namespace kastellan::ui
