// SPDX-License-Identifier: Apache-2.0
#include "ui/keep/manifest_view.h"

#include "ui/models/table_model.h"
#include "ui/widgets/code_view.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/segments.h"
#include "ui/widgets/table_view.h"

#include <QJsonDocument>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

QString readableJson(const std::string &json)
{
    const QString text = shown(json);
    if (text.contains(u'\n') || text.isEmpty())
        return text;
    const QJsonDocument document = QJsonDocument::fromJson(QByteArray(json.data(), static_cast<qsizetype>(json.size())));
    return document.isNull() ? text : shown(document.toJson(QJsonDocument::Indented).toStdString());
}

} // namespace

ManifestView::ManifestView(QWidget *parent)
    : QWidget(parent)
    , m_parts(new Segments(tr("What of the manifest"), this))
    , m_stack(new QStackedWidget(this))
    , m_configuration(new CodeView(tr("Keep.toml"), this))
    , m_delivered(new CodeView(tr("Delivery manifest"), this))
    , m_plan(new CodeView(tr("Launch plan"), this))
    , m_text(new Label({}, Label::Kind::Body, Tone::Muted, this))
    , m_deliveredStack(new QStackedWidget(this))
    , m_image(new TableModel({tr("File in the keep"), tr("Size"), tr("SHA-256")}, this))
    , m_imageView(new TableView(tr("Measured files"), *m_image, this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(10);
    layout->addWidget(m_parts);
    layout->addWidget(m_text);
    layout->addWidget(m_stack, 1);
    m_parts->add(tr("Keep.toml"), u"manifest"_s);
    m_parts->add(tr("Delivered"), u"send"_s);
    m_parts->add(tr("Measured files"), u"digest"_s);
    m_parts->add(tr("Plan"), u"findings"_s);
    m_stack->addWidget(m_configuration);
    m_deliveredStack->addWidget(m_delivered);
    m_deliveredStack->addWidget(new EmptyState(u"send"_s, tr("Nothing has been delivered"),
        tr("Module, configuration and secrets are sent only when the verdict allows it. What was sent is listed here by its digest."),
        this));
    m_stack->addWidget(m_deliveredStack);
    m_stack->addWidget(m_imageView);
    m_stack->addWidget(m_plan);
    m_imageView->setColumnWidths({300, 100});
    const auto show = [this](int part) {
        m_stack->setCurrentIndex(part);
        const QStringList texts{tr("The configuration as it is delivered, with every default written out."),
            tr("What was sent into the keep, by digest. The second report binds this list; secrets appear by a keyed digest only."),
            tr("The keep image: every file that is measured before the workload. A byte changed in any of them changes the launch digest."),
            tr("The plan as it was fixed before anything happened.")};
        m_text->setText(texts.value(part));
    };
    connect(m_parts, &Segments::chosen, this, show);
    show(0);
    setRecord(nullptr);
}

void ManifestView::setKeep(const KeepPointer &keep)
{
    if (!keep) {
        m_configuration->setCode({}, u"TOML"_s);
        m_plan->setCode({}, u"JSON"_s);
        m_image->setRows({});
        return;
    }
    m_configuration->setCode(shown(keep->plan.configuration), u"TOML"_s);
    m_plan->setCode(readableJson(toJson(keep->plan)), u"JSON"_s);
    std::vector<TableModel::Row> rows;
    rows.reserve(keep->plan.image.size());
    for (const MeasuredFile &file : keep->plan.image) {
        TableModel::Row row;
        row.key = shownLine(file.path);
        row.cells = {{.text = row.key}, {.text = bytesText(file.size), .sort = static_cast<qulonglong>(file.size), .right = true},
            {.text = QString::fromStdString(toHex(file.sha256.view())), .code = true}};
        rows.push_back(std::move(row));
    }
    m_image->setRows(std::move(rows));
}

void ManifestView::setRecord(const Record *record)
{
    const bool delivered = record && !record->manifest.empty();
    m_deliveredStack->setCurrentIndex(delivered ? 0 : 1);
    m_delivered->setCode(delivered ? readableJson(record->manifest) : QString(), u"JSON"_s);
}

} // namespace kastellan::ui
