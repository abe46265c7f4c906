// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSize>
#include <QString>
#include <QStringList>

namespace kastellan {

/// The command line of the desktop program.
struct Options {
    QStringList workloads; ///< files and folders to launch
    QString record, output; ///< --render-report RECORD --output FILE
    QString screenshot; ///< --screenshot FILE
    QString page; ///< --page: a link such as "keep/<id>/output", or "wizard"
    QSize size; ///< --size WxH; invalid: the program's own
    bool dark = false, light = false;
};

/// Reads the command line of the made application; ends the program for --help, --version and what it cannot read (exit 2).
[[nodiscard]] Options readOptions();
/// Whether the raw arguments ask for something that needs no display. Before there is an application.
[[nodiscard]] bool needsNoDisplay(int argc, char **argv);

} // namespace kastellan
