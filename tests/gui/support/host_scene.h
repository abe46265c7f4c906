// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/gui/support/fake_engine.h"
#include "tests/gui/support/gui_test.h"
#include "ui/pages/page.h"
#include "ui/widgets/dialogs.h"
#include "ui/widgets/message_bar.h"

#include <QLabel>

namespace kastellan::test {

/// The window at the page of a host of a fake engine, and eyes and hands for it.
class HostScene : public QObject {
    Q_OBJECT

protected:
    void start() { m_engine = FakeEngine::make(); }
    void end()
    {
        ui::dialogs::answerWith({});
        for (const char *host : {"emulated", "local"}) {
            if (const auto inspector = m_engine->inspector(host))
                inspector->gate.open();
            if (const auto platform = m_engine->platform(host))
                platform->gate.open();
        }
        m_window.reset();
        m_engine.reset();
    }
    void open(const QString &link)
    {
        m_window = std::make_unique<ui::MainWindow>(m_engine->services());
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        m_window->go(*ui::linkFromText(link));
    }
    void openSettled(const QString &link)
    {
        open(link);
        QVERIFY(settle(*m_window));
    }
    [[nodiscard]] QWidget *page() const { return m_window->currentPage(); }
    [[nodiscard]] QString message() const { return page()->findChild<ui::MessageBar *>()->plainText(); }
    void click(const char *name) const { QTest::mouseClick(named<QWidget>(*page(), name), Qt::LeftButton); }
    /// How many labels in a widget show a text.
    [[nodiscard]] static int labels(const QWidget *in, const QString &text)
    {
        int found = 0;
        for (const QLabel *label : in->findChildren<QLabel *>())
            found += !label->isHidden() && label->text().contains(text);
        return found;
    }

    std::shared_ptr<FakeEngine> m_engine;
    std::unique_ptr<ui::MainWindow> m_window;
};

} // namespace kastellan::test
