// SPDX-License-Identifier: Apache-2.0
#include "ui/host/certificates_view.h"

#include "core/base/file.h"
#include "ui/host/chain_card.h"
#include "ui/models/table_model.h"
#include "ui/theme/icons.h"
#include "ui/widgets/dialogs.h"
#include "ui/widgets/drop_zone.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/table_view.h"

#include <QPushButton>

#include <algorithm>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

const QString exportAction = u"export-chain"_s; ///< of the platform's actions (docs/platform.md)

Sign stateSign(const KnownCertificate &certificate)
{
    if (certificate.state == "revoked")
        return {u"shield-cross"_s, shownLine(certificate.state), Tone::Negative};
    if (!certificate.good)
        return {u"clock"_s, shownLine(certificate.state), Tone::Warning};
    return {u"check"_s, shownLine(certificate.state), Tone::Positive};
}

} // namespace

CertificatesView::CertificatesView(Workspace &workspace, MessageBar *message, QWidget *parent)
    : QWidget(parent)
    , m_workspace(workspace)
    , m_message(message)
{
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    auto *scroll = new ScrollPage(tr("Certificates"), 1080, this, ScrollPage::Margins::None);
    outer->addWidget(scroll);
    QVBoxLayout *rows = scroll->body();
    m_reports = new ChainCard(tr("Behind attestation reports"),
        tr("What keeps under SEV-SNP prove themselves with: the chip's or the provider's key, signed up to the root that you accept."),
        tr("No certificate for this platform's reports is at hand. Import one below, or fetch it with keepctl certs fetch."), this);
    m_reports->setObjectName(u"reportChain"_s);
    rows->addWidget(m_reports);
    m_ownership = new ChainCard(tr("Ownership"),
        tr("Who owns the platform, and which chip it is: owners of guests under SEV and SEV-ES make their sessions for it."),
        tr("The platform does not give its ownership chain. The platform's page says why."), this);
    m_ownership->setObjectName(u"ownershipChain"_s);
    m_exportOwnership = new QPushButton(icon(u"export"_s), tr("Ex&port the ownership chain…"), m_ownership);
    m_exportOwnership->setObjectName(u"exportOwnership"_s);
    m_ownership->body()->addWidget(m_exportOwnership, 0, Qt::AlignLeading);
    connect(m_exportOwnership, &QPushButton::clicked, this, [this] { Q_EMIT actionWanted(exportAction); });
    rows->addWidget(m_ownership);
    rows->addWidget(makeStore());
    rows->addStretch(1);
    connect(&workspace.notices, &Notices::changed, this, &CertificatesView::showStore);
    showStore();
}

QWidget *CertificatesView::makeStore()
{
    auto *card = new Card(tr("Certificate store"), this);
    card->body()->addWidget(new Label(tr("Certificates and revocation lists of this user, for all hosts. They are trusted for nothing: "
                                         "whatever uses them verifies them."),
        Label::Kind::Body, Tone::Muted, card));
    auto *drop = new DropZone(tr("Drop certificates here"),
        tr("PEM, DER, chains, GHCB tables, folders of other tools: what they are is found out by their content"), card);
    drop->takeFiles();
    drop->setObjectName(u"dropCertificates"_s);
    connect(drop, &DropZone::filesDropped, this, &CertificatesView::import);
    card->body()->addWidget(drop);
    m_problem = new Label({}, Label::Kind::Value, Tone::Warning, card);
    card->body()->addWidget(m_problem);
    m_model = new TableModel({tr("Certificate"), tr("State"), tr("Product"), tr("Until"), tr("SHA-256")}, this);
    m_table = new TableView(tr("Certificates of the store"), *m_model, card);
    m_table->setObjectName(u"storeTable"_s);
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setColumnWidths({360, 130, 120, 110});
    m_table->setMinimumHeight(170);
    card->body()->addWidget(m_table);
    auto *buttons = new QHBoxLayout;
    buttons->addStretch(1);
    m_import = new QPushButton(icon(u"import"_s), tr("&Import…"), card);
    m_import->setObjectName(u"importCertificates"_s);
    const auto browse = [this] {
        if (const QString file = dialogs::openFile(this, tr("Import certificates"), tr("All files (*)")); !file.isEmpty())
            import({file});
    };
    connect(m_import, &QPushButton::clicked, this, browse);
    connect(drop, &QPushButton::clicked, this, browse);
    buttons->addWidget(m_import);
    m_export = new QPushButton(icon(u"export"_s), tr("E&xport its chain…"), card);
    m_export->setObjectName(u"exportCertificates"_s);
    connect(m_export, &QPushButton::clicked, this, &CertificatesView::exportChain);
    buttons->addWidget(m_export);
    card->body()->addLayout(buttons);
    const auto update = [this] {
        const bool chosen = !m_table->currentKey().isEmpty();
        m_export->setEnabled(chosen && m_workspace.services.certificates.chain);
        m_export->setToolTip(chosen ? QString() : tr("Choose a certificate of the store first."));
    };
    connect(m_table, &TableView::selectionMoved, this, update);
    update();
    return card;
}

void CertificatesView::show(const PlatformState &state)
{
    const auto found = std::ranges::find(state.actions, exportAction.toStdString(), &PlatformAction::id);
    const bool can = found != state.actions.end() && found->available;
    m_exportOwnership->setVisible(state.view && !state.view->ownership.empty());
    m_exportOwnership->setEnabled(can);
    m_exportOwnership->setToolTip(can      ? QString()
            : found == state.actions.end() ? tr("This platform has no such action.")
                                           : shown(found->whyNot).toHtmlEscaped());
    if (state.view == m_shown && m_shown)
        return;
    m_shown = state.view;
    m_reports->setChain(state.view ? state.view->reports : std::vector<CertificateView>{});
    m_ownership->setChain(state.view ? state.view->ownership : std::vector<CertificateView>{});
}

void CertificatesView::showStore()
{
    const auto &certificates = m_workspace.notices.certificates();
    const auto &problem = m_workspace.notices.problem();
    m_problem->setVisible(problem.has_value());
    if (problem) {
        const ErrorText text = errorText(*problem);
        m_problem->setText(text.title + u' ' + text.detail);
    }
    std::vector<TableModel::Row> rows;
    for (const KnownCertificate &certificate : certificates) {
        const Sign sign = stateSign(certificate);
        TableModel::Row row;
        row.key = QString::fromStdString(certificate.sha256);
        row.cells.push_back({.text = u"%1: %2"_s.arg(shownLine(certificate.role).toUpper(), shownLine(certificate.title)),
            .emulated = certificate.emulated,
            .tip = shownLine(certificate.title) + u'\n' + shownLine(certificate.source)});
        row.cells.push_back({.text = sign.word, .symbol = sign.symbol, .tone = sign.tone, .tip = shownLine(certificate.why)});
        row.cells.push_back({.text = shownLine(certificate.product)});
        row.cells.push_back({.text = certificate.notAfter ? when(certificate.notAfter).section(u' ', 0, 0) : u"–"_s,
            .sort = static_cast<qint64>(certificate.notAfter),
            .tip = whenInFull(certificate.notAfter)});
        row.cells.push_back({.text = row.key.left(16), .code = true, .tip = row.key});
        rows.push_back(std::move(row));
    }
    m_table->setVisible(!rows.empty());
    m_model->setRows(std::move(rows));
}

void CertificatesView::import(const QStringList &paths)
{
    std::vector<std::string> names;
    for (const QString &path : paths)
        names.push_back(path.toStdString());
    m_workspace.jobs.run<CertificateImport>(
        JobRunner::Lane::Shown, tr("Import certificates"), this,
        [call = m_workspace.services.certificates.import, names](const Progress &, const std::stop_token &) -> Result<CertificateImport> {
            if (!call)
                return environment("import certificates", {}, "this program was started without a certificate store");
            return call(names);
        },
        [this](const Result<CertificateImport> &result) {
            m_workspace.records.note(
                u"import certificates"_s, result ? tr("%1 new").arg(result->added) : QString(), result ? u"done"_s : u"failed"_s);
            if (result)
                imported(*result);
            else
                m_message->showError(result.error());
        });
}

void CertificatesView::imported(const CertificateImport &result)
{
    QStringList details;
    if (result.newList)
        details += tr("A revocation list is new: what it revokes is shown here, and among the notices.");
    for (const UnknownPart &part : result.unknown)
        details += u"%1: %2"_s.arg(shownLine(part.file), shownLine(part.why));
    constexpr qsizetype most = 6;
    const qsizetype more = details.size() - most;
    if (more > 0) {
        details = details.mid(0, most);
        details += tr("And %1 more.").arg(more);
    }
    m_message->showText(result.unknown.empty() ? KMessageWidget::Positive : KMessageWidget::Information,
        result.added == 0 ? tr("Nothing new: all %1 are in the store already.").arg(result.read)
                          : tr("%1 imported, %2 of them new.").arg(result.read).arg(result.added),
        details.join(u'\n'));
    m_workspace.notices.refresh();
}

void CertificatesView::exportChain()
{
    const QString key = m_table->currentKey();
    const QString file = dialogs::saveFile(
        this, tr("Export the certificate and what signed it"), u"chain-%1.pem"_s.arg(key.left(8)), tr("PEM (*.pem);;All files (*)"));
    if (key.isEmpty() || file.isEmpty())
        return;
    m_workspace.jobs.run<bool>(
        JobRunner::Lane::Shown, tr("Export certificates"), this,
        [call = m_workspace.services.certificates.chain, key = key.toStdString(), path = std::filesystem::path(file.toStdString())](
            const Progress &, const std::stop_token &) -> Result<bool> {
            KASTELLAN_ASSIGN(const Bytes chain, call(key));
            KASTELLAN_TRY(writeFileAtomically(path, chain, 0644));
            return true;
        },
        [this, file](const Result<bool> &result) {
            if (result)
                m_message->showText(KMessageWidget::Positive, tr("Exported."), file);
            else
                m_message->showError(result.error());
        });
}

} // namespace kastellan::ui
