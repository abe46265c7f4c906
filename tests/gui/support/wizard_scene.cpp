// SPDX-License-Identifier: Apache-2.0
#include "tests/gui/support/wizard_scene.h"

#include "ui/widgets/dialogs.h"
#include "ui/widgets/message_bar.h"
#include "ui/wizard/launch_wizard.h"

#include <QFile>
#include <QPushButton>

namespace kastellan::test {

using namespace Qt::StringLiterals;

WizardScene::WizardScene()
    : engine(FakeEngine::make())
    , module(QString::fromStdString(engine->folder() / "hello.wasm"))
{
    const Bytes bytes = sampleModule();
    write(module, QByteArray(reinterpret_cast<const char *>(bytes.data()), static_cast<qsizetype>(bytes.size())));
    window = std::make_unique<ui::MainWindow>(engine->services());
    window->show();
    (void)QTest::qWaitForWindowExposed(window.get());
    (void)settle(*window);
}

WizardScene::~WizardScene()
{
    ui::dialogs::answerWith({});
    window.reset();
}

bool WizardScene::click(const char *name)
{
    auto *button = named<QPushButton>(*window->wizard(), name);
    if (!button || !QTest::qWaitFor([&] { return button->isEnabled() && button->isVisible(); }))
        return false;
    QTest::mouseClick(button, Qt::LeftButton);
    return true;
}

void WizardScene::tick(QAbstractButton *button)
{
    QTest::mouseClick(button, Qt::LeftButton, {}, QPoint(8, button->height() / 2));
}

QString WizardScene::message() const
{
    return window->wizard()->findChild<ui::MessageBar *>()->plainText();
}

bool WizardScene::toPlan()
{
    window->launch(module);
    return QTest::qWaitFor([&] { return window->wizard()->draft().workload != nullptr; }) && click("wizardPlan")
        && QTest::qWaitFor([&] { return window->wizard()->draft().plan != nullptr; });
}

bool WizardScene::toHost(const char *host)
{
    window->launch(module);
    if (!QTest::qWaitFor([&] { return window->wizard()->draft().workload != nullptr; }) || !click("wizardNext") || !settle(*window))
        return false;
    const QByteArray name = QByteArray("host-") + host;
    auto *card = named<QAbstractButton>(wizard(), name.constData());
    if (!card || !card->isEnabled())
        return false;
    QTest::mouseClick(card, Qt::LeftButton);
    return click("wizardNext");
}

bool WizardScene::write(const QString &path, const QByteArray &content)
{
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(content) == content.size();
}

} // namespace kastellan::test
