// SPDX-License-Identifier: Apache-2.0
#include "ui/pages/keep_table.h"

#include <QCoreApplication>

namespace kastellan::ui {

namespace {
QString tr(const char *text)
{
    return QCoreApplication::translate("kastellan::ui::KeepTable", text);
}
} // namespace

QStringList keepHeaders(bool withHost)
{
    QStringList headers{tr("Keep"), tr("State"), tr("Verdict")};
    if (withHost)
        headers << tr("Host");
    return headers << tr("Since");
}

std::vector<TableModel::Row> keepRows(const std::vector<KeepPointer> &keeps, bool withHost)
{
    std::vector<TableModel::Row> rows;
    rows.reserve(keeps.size());
    for (const KeepPointer &keep : keeps) {
        const Sign state = signOf(keep->state), verdict = verdictSign(keep->verdict);
        TableModel::Row row;
        row.key = keyOf(keep->plan.id);
        row.cells.push_back({.text = shownLine(keep->plan.name), .tip = shownLine(keep->plan.name) + u' ' + row.key});
        row.cells.push_back({.text = state.word, .symbol = state.symbol, .tone = state.tone});
        row.cells.push_back({.text = verdict.word, .symbol = verdict.symbol, .tone = verdict.tone, .emulated = keep->emulated});
        if (withHost)
            row.cells.push_back({.text = shownLine(keep->plan.host)});
        row.cells.push_back({.text = when(keep->since), .sort = static_cast<qint64>(keep->since), .tip = whenInFull(keep->since)});
        rows.push_back(std::move(row));
    }
    return rows;
}

} // namespace kastellan::ui
