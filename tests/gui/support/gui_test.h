// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/main_window.h"

#include <QApplication>
#include <QTest>

#include <string>

namespace kastellan::test {

/// The longest that the GUI thread was held by one event since the last `reset`, and by which one. Time during which the scheduler had
/// taken the processor away from us is not ours: such an event counts by its processor time alone.
class Watchdog : public QApplication {
    Q_OBJECT

public:
    Watchdog(int &argc, char **argv);
    bool notify(QObject *receiver, QEvent *event) override;
    static void reset();
    [[nodiscard]] static int worstMilliseconds();
    [[nodiscard]] static QString worstWhat();

private:
    int m_depth = 0;
};

/// Runs a test object with folders, settings and locale of its own.
int runGuiTest(QObject &test, int argc, char **argv);

/// Waits until no job runs and what they brought has been shown. False after `milliseconds`.
[[nodiscard]] bool settle(ui::MainWindow &window, int milliseconds = 10000);

template <typename Widget>
Widget *named(const QObject &parent, const char *name)
{
    return parent.findChild<Widget *>(QString::fromLatin1(name));
}

/// What makes a window unusable for a person who does not see it: focusable widgets without a name. One line each.
[[nodiscard]] QStringList unnamedWidgets(QWidget *window);
/// Controls that are disabled without a word about why.
[[nodiscard]] QStringList unexplainedControls(QWidget *window);

} // namespace kastellan::test

#define KASTELLAN_GUI_TEST(Class)                                                                                                          \
    int main(int argc, char **argv)                                                                                                        \
    {                                                                                                                                      \
        kastellan::test::Watchdog application(argc, argv);                                                                                 \
        Class test;                                                                                                                        \
        return kastellan::test::runGuiTest(test, argc, argv);                                                                              \
    }
