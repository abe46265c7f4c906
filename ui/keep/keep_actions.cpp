// SPDX-License-Identifier: Apache-2.0
#include "ui/keep/keep_actions.h"

#include "ui/pages/page.h"
#include "ui/text.h"
#include "ui/theme/icons.h"

namespace kastellan::ui {

using namespace Qt::StringLiterals;

KeepActions::KeepActions(QWidget *parent)
    : QObject(parent)
    , stop(new QAction(icon(u"stop"_s), tr("&Stop…"), this))
    , attest(new QAction(icon(u"attest"_s), tr("&Attest again"), this))
    , recover(new QAction(icon(u"recover"_s), tr("&Recover"), this))
    , remove(new QAction(icon(u"remove"_s), tr("Re&move…"), this))
{
    stop->setObjectName(u"stopKeep"_s);
    attest->setObjectName(u"attestKeep"_s);
    recover->setObjectName(u"recoverKeep"_s);
    remove->setObjectName(u"removeKeep"_s);
    attest->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_T));
    update({}, false, false);
}

void KeepActions::update(const KeepPointer &keep, bool connected, bool stopping)
{
    stop->setText(stopping ? tr("&Stop now") : tr("&Stop…"));
    if (!keep) {
        for (QAction *action : all())
            allow(action, false, tr("no keep is shown"));
        return;
    }
    const bool over = isFinal(keep->state);
    const QString ended = tr("the keep has ended (%1)").arg(signOf(keep->state).word);
    const QString orphaned = keep->loaderAlive ? tr("its loader does not answer yet") : tr("its loader is gone; recover the keep first");
    allow(stop, !over && connected, over ? ended : orphaned);
    const bool runs = keep->state == KeepState::Running || keep->state == KeepState::Suspect;
    const bool whole = keep->plan.machine && keep->plan.machine->request.whole;
    const bool none = keep->plan.machine && keep->plan.machine->technology == "none";
    allow(attest, runs && connected && !whole && !none && !stopping,
        over            ? ended
            : whole     ? tr("nobody inside a whole virtual machine can be asked; have it make a report, and import that under Evidence")
            : none      ? tr("it was launched without evidence: there is nothing that could prove it")
            : stopping  ? tr("it is being stopped")
            : connected ? tr("it is not running yet")
                        : orphaned);
    allow(recover, !over && !keep->loaderAlive && !connected, over ? ended : tr("its loader is alive: there is nothing to recover"));
    allow(remove, over, tr("it has not ended; stop it first"));
}

} // namespace kastellan::ui
