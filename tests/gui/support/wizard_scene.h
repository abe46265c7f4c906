// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/gui/support/fake_engine.h"
#include "tests/gui/support/gui_test.h"

class QAbstractButton;

namespace kastellan::test {

/// The program's window over a fake engine, with a module to launch and hands to do it with.
class WizardScene {
public:
    WizardScene();
    ~WizardScene();

    /// Clicks a button of the wizard as soon as it can be clicked. False when it can't be, within five seconds.
    [[nodiscard]] bool click(const char *name);
    /// Clicks on a check box or radio button, where its mark is.
    static void tick(QAbstractButton *button);
    /// What the wizard's message says; empty: nothing.
    [[nodiscard]] QString message() const;
    [[nodiscard]] ui::LaunchWizard &wizard() const { return *window->wizard(); }
    /// Opens the wizard with the module and goes to the plan.
    [[nodiscard]] bool toPlan();
    /// Opens the wizard with the module and chooses a host there; the next page is shown then.
    [[nodiscard]] bool toHost(const char *host);
    static bool write(const QString &path, const QByteArray &content);

    std::shared_ptr<FakeEngine> engine;
    QString module;
    std::unique_ptr<ui::MainWindow> window;
};

} // namespace kastellan::test
