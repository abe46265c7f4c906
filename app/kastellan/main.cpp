// SPDX-License-Identifier: Apache-2.0
// The desktop program: hands the engine to the windows.
#include "app/kastellan/options.h"
#include "app/kastellan/render_report.h"
#include "app/kastellan/screenshot.h"
#include "app/kastellan/services.h"
#include "ui/main_window.h"
#include "ui/theme/theme.h"
#include "ui/wizard/launch_wizard.h"

#include <QApplication>
#include <QFileInfo>

#include <cstdio>

namespace {

using namespace Qt::StringLiterals;
using namespace kastellan;

/// Off screen where nothing is to be seen; a plain word where there is no screen and one is needed.
bool choosePlatform(int argc, char **argv)
{
    if (qEnvironmentVariableIsSet("QT_QPA_PLATFORM"))
        return true;
    const bool display = qEnvironmentVariableIsSet("DISPLAY") || qEnvironmentVariableIsSet("WAYLAND_DISPLAY");
    if (needsNoDisplay(argc, argv)) {
        qputenv("QT_QPA_PLATFORM", "offscreen");
        return true;
    }
    if (!display)
        std::fputs(
            "kastellan: there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set). Use keepctl, which does all of it without one.\n",
            stderr);
    return display;
}

/// Where an option asks to begin.
void openPage(ui::MainWindow &window, const Options &options)
{
    if (!options.workloads.isEmpty())
        window.launch(QFileInfo(options.workloads.first()).absoluteFilePath());
    else if (options.page == "wizard"_L1)
        window.launch({});
    else if (const auto link = ui::linkFromText(options.page); link && !options.page.isEmpty())
        window.go(*link);
}

} // namespace

int main(int argc, char **argv)
{
    if (!choosePlatform(argc, argv))
        return 3;
    QApplication application(argc, argv);
    QApplication::setApplicationName(u"kastellan"_s);
    QApplication::setApplicationDisplayName(u"Kastellan"_s);
    QApplication::setOrganizationName(u"kastellan"_s);
    QApplication::setApplicationVersion(QStringLiteral(KASTELLAN_VERSION));
    QApplication::setDesktopFileName(u"org.kastellan.Kastellan"_s);
    const Options options = readOptions();
    if (!options.record.isEmpty())
        return renderReport(options);
    ui::theme::apply(options.dark ? ui::theme::Choice::Dark : options.light ? ui::theme::Choice::Light : ui::theme::stored());
    ui::MainWindow window(engineServices());
    if (options.size.isValid())
        window.resize(options.size);
    window.show();
    openPage(window, options);
    if (!options.screenshot.isEmpty())
        takeScreenshot(window, options);
    return QApplication::exec();
}
