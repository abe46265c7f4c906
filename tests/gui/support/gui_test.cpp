// SPDX-License-Identifier: Apache-2.0
#include "tests/gui/support/gui_test.h"

#include "ui/theme/theme.h"

#include <QAbstractButton>
#include <QAbstractScrollArea>
#include <QAccessible>
#include <QElapsedTimer>
#include <QMetaEnum>
#include <QStandardPaths>
#include <QTemporaryDir>

#include <ctime>

#include <sys/resource.h>

namespace kastellan::test {

using namespace Qt::StringLiterals;

namespace {

int worst = 0;
QString worstEvent;

std::int64_t threadMilliseconds()
{
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

long preemptions()
{
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nivcsw;
}

} // namespace

Watchdog::Watchdog(int &argc, char **argv)
    : QApplication(argc, argv)
{
}

bool Watchdog::notify(QObject *receiver, QEvent *event)
{
    if (m_depth > 0)
        return QApplication::notify(receiver, event);
    // The receiver may be gone afterwards.
    const QString what = QString::fromLatin1(receiver->metaObject()->className()) + u' ' + receiver->objectName() + u' '
        + QString::fromLatin1(QMetaEnum::fromType<QEvent::Type>().valueToKey(event->type()));
    const std::int64_t cpu = threadMilliseconds();
    const long taken = preemptions();
    QElapsedTimer wall;
    wall.start();
    ++m_depth;
    const bool result = QApplication::notify(receiver, event);
    --m_depth;
    const auto spent = static_cast<int>(preemptions() == taken ? wall.elapsed() : threadMilliseconds() - cpu);
    if (spent > worst) {
        worst = spent;
        worstEvent = what;
    }
    return result;
}

void Watchdog::reset()
{
    worst = 0;
    worstEvent.clear();
}

int Watchdog::worstMilliseconds()
{
    return worst;
}
QString Watchdog::worstWhat()
{
    return worstEvent;
}

int runGuiTest(QObject &test, int argc, char **argv)
{
    QTemporaryDir folder(u"/tmp/kgui-XXXXXX"_s);
    for (const char *name : {"KASTELLAN_DATA", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"}) {
        const QString path = folder.filePath(QString::fromLatin1(name));
        QDir().mkpath(path);
        QFile::setPermissions(path, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        qputenv(name, path.toLocal8Bit());
    }
    QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedKingdom));
    QApplication::setApplicationName(u"kastellan"_s);
    QApplication::setOrganizationName(u"kastellan"_s);
    ui::theme::apply(ui::theme::Choice::Light);
    return QTest::qExec(&test, argc, argv);
}

bool settle(ui::MainWindow &window, int milliseconds)
{
    QElapsedTimer timer;
    timer.start();
    int quiet = 0;
    while (timer.elapsed() < milliseconds) {
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 20);
        quiet = window.workspace().jobs.isIdle() && window.workspace().directory.isLoaded() ? quiet + 1 : 0;
        if (quiet > 5)
            return true;
        QTest::qWait(1); // lets events with timers through
    }
    return false;
}

namespace {

QString path(const QWidget *widget)
{
    QStringList parts;
    for (; widget; widget = widget->parentWidget())
        parts.prepend(QString::fromLatin1(widget->metaObject()->className())
            + (widget->objectName().isEmpty() ? QString() : u'#' + widget->objectName()));
    return parts.mid(std::max<qsizetype>(0, parts.size() - 4)).join(u" > "_s);
}

} // namespace

QStringList unnamedWidgets(QWidget *window)
{
    QStringList found;
    const auto all = window->findChildren<QWidget *>();
    for (QWidget *widget : all) {
        if (widget->focusPolicy() == Qt::NoFocus || widget->objectName().startsWith("qt_"_L1) || !widget->isVisibleTo(window)
            || widget->focusProxy())
            continue;
        if (qobject_cast<QAbstractScrollArea *>(widget->parentWidget()) && widget->objectName() == "qt_scrollarea_viewport"_L1)
            continue;
        const QAccessibleInterface *interface = QAccessible::queryAccessibleInterface(widget);
        if (!interface || interface->text(QAccessible::Name).trimmed().isEmpty())
            found += path(widget);
    }
    return found;
}

QStringList unexplainedControls(QWidget *window)
{
    QStringList found;
    const auto all = window->findChildren<QAbstractButton *>();
    for (QAbstractButton *button : all)
        if (!button->isEnabled() && button->isVisibleTo(window) && (!button->parentWidget() || button->parentWidget()->isEnabled())
            && button->toolTip().isEmpty())
            found += path(button) + u" “"_s + button->text() + u"”"_s;
    return found;
}

} // namespace kastellan::test
