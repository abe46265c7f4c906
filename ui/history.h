// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/link.h"

#include <QList>

#include <optional>

namespace kastellan::ui {

/// Where a person has been, to go back and forward in.
class History {
public:
    /// A new place; what lay forward is gone. The same place twice counts once.
    void visit(const Link &link)
    {
        if (m_at >= 0 && m_links[m_at] == link)
            return;
        m_links.resize(m_at + 1);
        m_links.append(link);
        if (m_links.size() > most)
            m_links.removeFirst();
        m_at = m_links.size() - 1;
    }
    /// The present place shows another part of itself.
    void replace(const Link &link)
    {
        if (m_at >= 0)
            m_links[m_at] = link;
    }
    [[nodiscard]] bool canGoBack() const { return m_at > 0; }
    [[nodiscard]] bool canGoForward() const { return m_at + 1 < m_links.size(); }
    [[nodiscard]] Link back() { return m_links[--m_at]; }
    [[nodiscard]] Link forward() { return m_links[++m_at]; }
    [[nodiscard]] std::optional<Link> current() const { return m_at < 0 ? std::nullopt : std::optional(m_links[m_at]); }

private:
    static constexpr qsizetype most = 200;
    QList<Link> m_links;
    qsizetype m_at = -1;
};

} // namespace kastellan::ui
