// SPDX-License-Identifier: Apache-2.0
#include "ui/host/check_strip.h"

#include "ui/text.h"
#include "ui/widgets/labels.h"

#include <QDateTime>
#include <QHBoxLayout>
#include <QProgressBar>
#include <QPushButton>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {
constexpr int growsOld = 20'000; ///< milliseconds between looks at the clock
}

CheckStrip::CheckStrip(QWidget *parent)
    : QWidget(parent)
    , m_text(new ElidedLabel({}, Label::Kind::Body, Tone::Muted, Qt::ElideRight, this))
    , m_bar(new QProgressBar(this))
    , m_cancel(new QPushButton(tr("Cance&l"), this))
{
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(12);
    layout->addWidget(m_text, 1);
    m_bar->setTextVisible(false);
    m_bar->setFixedWidth(160);
    m_bar->setAccessibleName(tr("How much of the host is checked"));
    layout->addWidget(m_bar);
    m_cancel->setObjectName(u"cancelCheck"_s);
    m_cancel->setAccessibleName(tr("Cancel the check"));
    layout->addWidget(m_cancel);
    setFixedHeight(m_cancel->sizeHint().height()); // what comes and goes moves nothing
    connect(m_cancel, &QPushButton::clicked, this, &CheckStrip::cancelWanted);
    startTimer(growsOld);
    show({});
}

QString CheckStrip::text() const
{
    return m_text->text();
}

void CheckStrip::show(const Inspection &inspection)
{
    m_result = inspection.result;
    m_probed = inspection.probed;
    m_running = inspection.job;
    m_bar->setVisible(m_running);
    m_cancel->setVisible(m_running);
    if (!m_running) {
        showAge();
        return;
    }
    const QString doing = inspection.job->doing();
    const QString what = inspection.probing ? tr("Checking the host with probes") : tr("Looking at the host");
    QString text = doing.isEmpty() ? what + u'…' : u"%1: %2"_s.arg(what, doing);
    if (m_result)
        text = tr("%1. Shown is what was found %2.").arg(text, ago(m_result->time, QDateTime::currentSecsSinceEpoch()));
    m_text->setText(text);
    const int permille = inspection.job->permille();
    m_bar->setRange(0, permille < 0 ? 0 : 1000);
    m_bar->setValue(std::max(0, permille));
    m_cancel->setEnabled(!inspection.job->isCancelled());
    m_cancel->setToolTip(inspection.job->isCancelled() ? tr("It is being cancelled.") : QString());
}

void CheckStrip::showAge()
{
    if (!m_result) {
        m_text->setText(tr("Not checked yet"));
        return;
    }
    QStringList parts{tr("Looked at %1").arg(m_result->lookedAt.empty() ? shownLine(m_result->title) : shownLine(m_result->lookedAt)),
        ago(m_result->time, QDateTime::currentSecsSinceEpoch()), m_probed ? tr("with probes") : tr("without probes")};
    if (!m_result->root.empty() && m_result->root != "/")
        parts += tr("file tree %1").arg(shownLine(m_result->root));
    m_text->setText(parts.join(u" · "_s));
}

void CheckStrip::timerEvent(QTimerEvent *)
{
    if (!m_running)
        showAge();
}

} // namespace kastellan::ui
