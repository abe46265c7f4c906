// SPDX-License-Identifier: Apache-2.0
#include "ui/host/host_page.h"
#include "ui/keep/keep_page.h"
#include "ui/pages/activity_page.h"
#include "ui/pages/evidence_page.h"
#include "ui/pages/overview_page.h"
#include "ui/pages/record_page.h"

#include <QCoreApplication>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

template <typename Kind>
Page *make(Workspace &workspace, QWidget *parent)
{
    return new Kind(workspace, parent); // its parent owns it
}

} // namespace

std::vector<PageKind> pageKinds()
{
    const auto tr = [](const char *text) { return QCoreApplication::translate("kastellan::ui", text); };
    return {
        {u"overview"_s, tr("Overview"), u"overview"_s, true, make<OverviewPage>},
        {u"evidence"_s, tr("Evidence"), u"evidence"_s, true, make<EvidencePage>},
        {u"activity"_s, tr("Activity"), u"activity"_s, true, make<ActivityPage>},
        {u"host"_s, tr("Host"), u"host"_s, false, make<HostPage>},
        {u"keep"_s, tr("Keep"), u"keep"_s, false, make<KeepPage>},
        {u"record"_s, tr("Record"), u"evidence"_s, false, make<RecordPage>},
    };
}

void allow(QAction *action, bool possible, const QString &whyNot)
{
    action->setEnabled(possible);
    const QString name = action->text().remove(u'&').remove(u'…');
    const QString shortcut =
        action->shortcut().isEmpty() ? QString() : u" ("_s + action->shortcut().toString(QKeySequence::NativeText) + u')';
    action->setToolTip((possible ? name + shortcut : u"%1: %2"_s.arg(name, whyNot)).toHtmlEscaped());
    action->setStatusTip(possible ? QString() : whyNot);
}

} // namespace kastellan::ui
