// SPDX-License-Identifier: Apache-2.0
#include "app/kastellan/screenshot.h"

#include "ui/main_window.h"
#include "ui/wizard/launch_wizard.h"

#include <QApplication>
#include <QPainter>
#include <QTimer>

#include <cstdio>

namespace kastellan {

namespace {

/// The window with the wizard in front of it, as one sees it.
QPixmap picture(ui::MainWindow &window)
{
    QPixmap image = window.grab();
    if (const QWidget *front = window.wizard(); front && front->isVisible()) {
        QPainter painter(&image);
        painter.fillRect(QRect({}, window.size()), QColor(0, 0, 0, 90));
        const QPixmap dialog = const_cast<QWidget *>(front)->grab();
        const QSizeF size = dialog.deviceIndependentSize();
        painter.drawPixmap(QPointF((window.width() - size.width()) / 2, (window.height() - size.height()) / 2), dialog);
    }
    return image;
}

} // namespace

void takeScreenshot(ui::MainWindow &window, const Options &options)
{
    auto *timer = new QTimer(&window);
    timer->setInterval(50);
    auto quiet = std::make_shared<int>(0);
    QObject::connect(timer, &QTimer::timeout, &window, [&window, options, quiet] {
        *quiet = window.workspace().jobs.isIdle() ? *quiet + 1 : 0;
        if (*quiet < 5) // all that is shown has been read, and nothing new was asked for since
            return;
        if (!picture(window).save(options.screenshot, "PNG")) {
            std::fprintf(stderr, "kastellan: cannot write the picture (%s)\n", qPrintable(options.screenshot));
            QApplication::exit(3);
            return;
        }
        QApplication::exit(0);
    });
    timer->start();
}

} // namespace kastellan
