// SPDX-License-Identifier: Apache-2.0
#include "ui/keep/attestation_view.h"

#include "core/reports/reports.h"
#include "ui/keep/findings_view.h"
#include "ui/keep/tcb_table.h"
#include "ui/models/table_model.h"
#include "ui/pages/page_parts.h"
#include "ui/widgets/card.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/segments.h"
#include "ui/widgets/svg_view.h"
#include "ui/widgets/table_view.h"

#include <QLineEdit>
#include <QStackedWidget>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

const QStringList partNames{u"findings"_s, u"certificates"_s, u"layers"_s, u"raw"_s};

QString chainInWords(const EvidenceView &view)
{
    QStringList words;
    for (const CertificateView &certificate : view.chain)
        words += AttestationView::tr("%1: %2, signature %3")
                     .arg(shownLine(certificate.role).toUpper(), shownLine(certificate.subject),
                         certificate.signatureGood ? AttestationView::tr("good") : AttestationView::tr("not good"));
    return words.join(u"; "_s);
}

QString layersInWords(const std::vector<Layer> &layers)
{
    static const QStringList marks{
        AttestationView::tr("must be trusted"), AttestationView::tr("verified"), AttestationView::tr("shut out")};
    QStringList words;
    for (const Layer &layer : layers)
        words += u"%1 (%2): %3"_s.arg(shownLine(layer.name), shownLine(layer.owner), marks[static_cast<int>(layer.mark)]);
    return words.join(u"; "_s);
}

} // namespace

AttestationView::AttestationView(QWidget *parent)
    : QWidget(parent)
    , m_parts(new Segments(tr("What of the attestation"), this))
    , m_bar(new QHBoxLayout)
    , m_stack(new QStackedWidget(this))
    , m_findings(new FindingsView(this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(10);
    m_parts->add(tr("Findings"), u"findings"_s);
    m_parts->add(tr("Certificates"), u"chain"_s);
    m_parts->add(tr("Layers"), u"layers"_s);
    m_parts->add(tr("Raw report"), u"raw"_s);
    m_bar->addWidget(m_parts);
    m_bar->addStretch(1);
    layout->addLayout(m_bar);
    layout->addWidget(m_stack, 1);
    m_stack->addWidget(m_findings);
    m_stack->addWidget(makeCertificates());
    m_stack->addWidget(makeLayers());
    m_stack->addWidget(makeRaw());
    connect(m_parts, &Segments::chosen, this, [this](int index) {
        m_stack->setCurrentIndex(index);
        Q_EMIT partChanged();
    });
}

void AttestationView::addCorner(QWidget *widget)
{
    m_bar->addWidget(widget);
}

QWidget *AttestationView::makeCertificates()
{
    auto *scroll = new ScrollPage(tr("Certificates"), 1040, this, ScrollPage::Margins::None);
    QVBoxLayout *layout = scroll->body();
    auto *card = new Card(tr("Certificate chain"), scroll);
    m_chain = new SvgView(card);
    m_chain->setAccessibleName(tr("Drawing of the certificate chain"));
    card->body()->addWidget(m_chain);
    layout->addWidget(card);
    m_tcbHolder = new Card(tr("Firmware levels (TCB)"), scroll);
    layout->addWidget(m_tcbHolder);
    layout->addStretch(1);
    return scroll;
}

QWidget *AttestationView::makeLayers()
{
    auto *scroll = new ScrollPage(tr("Layers"), 1040, this, ScrollPage::Margins::None);
    QVBoxLayout *layout = scroll->body();
    auto *card = new Card(tr("What must be trusted"), scroll);
    m_layersText = new Label({}, Label::Kind::Body, Tone::Muted, card);
    card->body()->addWidget(m_layersText);
    m_layers = new SvgView(card);
    m_layers->setAccessibleName(tr("Drawing of the layers"));
    card->body()->addWidget(m_layers);
    layout->addWidget(card);
    layout->addStretch(1);
    return scroll;
}

QWidget *AttestationView::makeRaw()
{
    auto *page = new QWidget(this);
    auto *layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(10);
    QLineEdit *search = searchField(tr("Search the fields"), page);
    search->setMaximumWidth(300);
    layout->addWidget(search);
    m_fields = new TableModel({tr("Offset"), tr("Length"), tr("Field"), tr("Value"), tr("Meaning")}, this);
    m_fieldsView = new TableView(tr("Fields of the raw report"), *m_fields, page);
    m_fieldsView->setColumnWidths({80, 80, 170, 330});
    m_fieldsView->sortByColumn(0, Qt::AscendingOrder);
    layout->addWidget(m_fieldsView, 1);
    connect(search, &QLineEdit::textChanged, m_fieldsView, &TableView::setSearch);
    return page;
}

QString AttestationView::part() const
{
    return partNames.value(m_parts->current());
}

void AttestationView::setPart(const QString &part)
{
    m_parts->setCurrent(static_cast<int>(std::max<qsizetype>(0, partNames.indexOf(part))));
}

void AttestationView::clear()
{
    m_dossier.reset();
    m_findings->setFindings({});
    m_chain->setSource({}, {});
    m_layers->setSource({}, {});
    m_fields->setRows({});
    m_tcbHolder->hide();
}

void AttestationView::setDossier(const DossierPointer &dossier)
{
    m_dossier = dossier;
    const Record &record = dossier->record;
    m_findings->setFindings(record.appraisal.findings);
    m_chain->setSource(
        [dossier](Palette palette, unsigned width) { return chainSvg(dossier->view, dossier->record.appraisal, palette, width); },
        chainInWords(dossier->view));
    m_layers->setSource([dossier](Palette palette,
                            unsigned width) { return layersSvg(dossier->layers, dossier->record.appraisal.emulated, palette, width); },
        layersInWords(dossier->layers));
    m_layersText->setText(record.appraisal.emulated ? tr("The layers of this keep's stack, as its appraisal really says. This keep is "
                                                         "emulated: nothing is shut out by hardware, so every layer must still be trusted.")
                                                    : tr("The layers of this keep's stack, as its appraisal really says: what you must "
                                                         "trust, what was verified and by which evidence, and what is shut out."));
    std::vector<TableModel::Row> rows;
    for (const Field &field : dossier->view.fields) {
        TableModel::Row row;
        row.key = shownLine(field.name);
        const QString offset = u"0x"_s + QString::number(field.offset, 16).rightJustified(3, u'0');
        row.cells = {{.text = offset, .sort = static_cast<qulonglong>(field.offset), .code = true},
            {.text = locale().toString(static_cast<qulonglong>(field.length)), .sort = static_cast<qulonglong>(field.length)},
            {.text = shownLine(field.name)}, {.text = shownLine(field.value), .code = true}, {.text = shownLine(field.meaning)}};
        rows.push_back(std::move(row));
    }
    m_fields->setRows(std::move(rows));
    showTcb(dossier->view);
}

void AttestationView::showTcb(const EvidenceView &view)
{
    auto *holder = static_cast<Card *>(m_tcbHolder);
    const auto old = holder->findChildren<TcbTable *>();
    for (TcbTable *table : old) {
        table->hide();
        table->deleteLater();
    }
    holder->setVisible(!view.tcb.empty());
    if (!view.tcb.empty())
        holder->body()->addWidget(new TcbTable(view.tcb, holder));
}

} // namespace kastellan::ui
