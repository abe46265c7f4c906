// SPDX-License-Identifier: Apache-2.0
#include "ui/keep/tcb_table.h"

#include "ui/text.h"
#include "ui/widgets/labels.h"

#include <QGridLayout>
#include <QLocale>

#include <algorithm>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

QString levelTitle(const std::string &name)
{
    static const std::pair<std::string_view, const char *> titles[] = {
        {"bl", QT_TR_NOOP("Boot loader")},
            {"tee", QT_TR_NOOP("TEE")},
                {"snp", QT_TR_NOOP("SNP firmware")},
                    {"ucode", QT_TR_NOOP("Microcode")},
                        {"fmc", QT_TR_NOOP("FMC")},
                    };
    for (const auto &[id, title] : titles)
        if (id == name)
            return TcbTable::tr(title) + u" ("_s + QString::fromStdString(name) + u')';
    return shownLine(name);
}

QString capital(QString text)
{
    if (!text.isEmpty())
        text[0] = text[0].toUpper();
    return text;
}

} // namespace

TcbTable::TcbTable(const std::vector<TcbColumn> &columns, QWidget *parent)
    : QWidget(parent)
{
    setAccessibleName(tr("Firmware levels"));
    auto *grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(24);
    grid->setVerticalSpacing(6);
    std::vector<std::string> levels;
    for (const TcbColumn &column : columns)
        for (const TcbLevel &level : column.levels)
            if (std::ranges::find(levels, level.name) == levels.end())
                levels.push_back(level.name);
    grid->addWidget(new Label(tr("Level"), Label::Kind::Small, Tone::Muted, this), 0, 0);
    for (std::size_t c = 0; c < columns.size(); ++c) {
        const int at = static_cast<int>(c) + 1;
        grid->addWidget(new Label(capital(shownLine(columns[c].name)), Label::Kind::Small, Tone::Muted, this), 0, at, Qt::AlignRight);
        for (std::size_t l = 0; l < levels.size(); ++l) {
            const auto found = std::ranges::find(columns[c].levels, levels[l], &TcbLevel::name);
            const bool has = found != columns[c].levels.end();
            grid->addWidget(
                new Label(has ? locale().toString(found->value) : u"–"_s, Label::Kind::Value, has ? Tone::Plain : Tone::Muted, this),
                static_cast<int>(l) + 1, at, Qt::AlignRight);
        }
    }
    for (std::size_t l = 0; l < levels.size(); ++l)
        grid->addWidget(new Label(levelTitle(levels[l]), Label::Kind::Body, Tone::Plain, this), static_cast<int>(l) + 1, 0);
    grid->setColumnStretch(static_cast<int>(columns.size()) + 1, 1);
}

} // namespace kastellan::ui
