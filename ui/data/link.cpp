// SPDX-License-Identifier: Apache-2.0
#include "ui/data/link.h"

#include <QUrl>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

QString toText(const Link &link)
{
    QString text = u"kastellan:"_s + link.page;
    for (const QString &part : {link.subject, link.part})
        if (!part.isEmpty() || (&part == &link.subject && !link.part.isEmpty()))
            text += u'/' + QString::fromLatin1(QUrl::toPercentEncoding(part));
    return text;
}

std::optional<Link> linkFromText(const QString &text)
{
    QString rest = text.trimmed();
    if (rest.size() > 4096)
        return {};
    if (rest.startsWith(u"kastellan:"_s))
        rest = rest.mid(10);
    const QStringList parts = rest.split(u'/');
    if (parts.isEmpty() || parts.size() > 3 || parts[0].isEmpty())
        return {};
    const auto part = [&](qsizetype i) { return i < parts.size() ? QUrl::fromPercentEncoding(parts[i].toUtf8()) : QString(); };
    return Link{part(0), part(1), part(2)};
}

} // namespace kastellan::ui
