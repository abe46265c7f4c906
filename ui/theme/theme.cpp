// SPDX-License-Identifier: Apache-2.0
#include "ui/theme/theme.h"

#include "ui/theme/style.h"
#include "ui/theme/tones.h"

#include <QApplication>
#include <QSettings>
#include <QStyleHints>
#include <QToolTip>

namespace kastellan::ui::theme {

using namespace Qt::StringLiterals;

namespace {

Choice chosen = Choice::System;
const QString settingsKey = u"appearance/theme"_s;

void setColors()
{
    const bool dark =
        chosen == Choice::Dark || (chosen == Choice::System && QGuiApplication::styleHints()->colorScheme() == Qt::ColorScheme::Dark);
    const QPalette palette = makePalette(dark);
    QApplication::setPalette(palette);
    QToolTip::setPalette(palette);
}

} // namespace

void apply(Choice choice)
{
    chosen = choice;
    static bool prepared = false;
    if (!prepared) {
        prepared = true;
        QApplication::setStyle(new Style); // the application owns it
        QObject::connect(QGuiApplication::styleHints(), &QStyleHints::colorSchemeChanged, qApp, [] {
            if (chosen == Choice::System)
                setColors();
        });
    }
    setColors();
}

Choice current()
{
    return chosen;
}

Choice stored()
{
    const QString name = QSettings().value(settingsKey).toString();
    return name == "light"_L1 ? Choice::Light : name == "dark"_L1 ? Choice::Dark : Choice::System;
}

void store(Choice choice)
{
    QSettings().setValue(settingsKey, choice == Choice::Light ? u"light"_s : choice == Choice::Dark ? u"dark"_s : u"system"_s);
}

} // namespace kastellan::ui::theme
