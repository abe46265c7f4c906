// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/notices.h"
#include "ui/widgets/card.h"

#include <vector>

class QGridLayout;

namespace kastellan::ui {

/// What a person should hear of about trust, most urgent first: what is so and what to do. Hidden while there is nothing.
class NoticeList : public Card {
    Q_OBJECT

public:
    explicit NoticeList(QWidget *parent = nullptr);
    void setNotices(const std::vector<TrustNotice> &notices);
    [[nodiscard]] int count() const { return static_cast<int>(m_notices.size()); }

Q_SIGNALS:
    void recordWanted(const QString &id);

private:
    void show();

    std::vector<TrustNotice> m_notices;
    QGridLayout *m_rows;
    bool m_all = false; ///< a person wants to see all of them
};

} // namespace kastellan::ui
