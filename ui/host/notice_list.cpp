// SPDX-License-Identifier: Apache-2.0
#include "ui/host/notice_list.h"

#include "ui/host/host_signs.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/labels.h"

#include <QPushButton>

#include <algorithm>

namespace kastellan::ui {

namespace {
constexpr std::size_t most = 1; ///< shown at first: the page is about the host
}

NoticeList::NoticeList(QWidget *parent)
    : Card({}, parent)
    , m_rows(new QGridLayout)
{
    setObjectName(QStringLiteral("notices"));
    m_rows->setHorizontalSpacing(12);
    m_rows->setVerticalSpacing(8);
    m_rows->setColumnStretch(1, 1);
    body()->setContentsMargins(16, 10, 16, 10);
    body()->addLayout(m_rows);
    hide();
}

void NoticeList::setNotices(const std::vector<TrustNotice> &notices)
{
    if (notices == m_notices)
        return;
    m_notices = notices;
    show();
}

void NoticeList::show()
{
    while (QLayoutItem *item = m_rows->takeAt(0)) {
        if (QWidget *widget = item->widget()) {
            widget->hide();
            widget->deleteLater();
        }
        delete item;
    }
    setVisible(!m_notices.empty());
    setTone(std::ranges::any_of(m_notices, &TrustNotice::urgent) ? Tone::Negative : Tone::Warning);
    const std::size_t count = m_all ? m_notices.size() : std::min(most, m_notices.size());
    for (std::size_t i = 0; i < count; ++i) {
        const TrustNotice &notice = m_notices[i];
        const int row = static_cast<int>(i);
        m_rows->addWidget(new Badge(signOf(notice.kind, notice.urgent), this), row, 0, Qt::AlignTop | Qt::AlignLeading);
        auto *words = new QWidget(this);
        auto *layout = new QVBoxLayout(words);
        layout->setContentsMargins(0, 0, 0, 0);
        layout->setSpacing(1);
        layout->addWidget(new Label(shown(notice.sentence), Label::Kind::Value, Tone::Plain, words));
        layout->addWidget(new Label(shown(notice.remedy), Label::Kind::Body, Tone::Muted, words));
        m_rows->addWidget(words, row, 1);
        if (notice.record.empty())
            continue;
        auto *open = new QPushButton(tr("Show the evidence"), this);
        open->setAccessibleName(tr("Show the evidence: %1").arg(shownLine(notice.sentence)));
        connect(open, &QPushButton::clicked, this, [this, id = QString::fromStdString(notice.record)] { Q_EMIT recordWanted(id); });
        m_rows->addWidget(open, row, 2, Qt::AlignTop);
    }
    if (m_notices.size() > most) {
        auto *more = new QPushButton(m_all ? tr("Show fewer") : tr("Show %1 more").arg(m_notices.size() - most), this);
        more->setObjectName(QStringLiteral("moreNotices"));
        connect(more, &QPushButton::clicked, this, [this] {
            m_all = !m_all;
            show();
        });
        m_rows->addWidget(more, 0, 3, Qt::AlignTop);
    }
}

} // namespace kastellan::ui
