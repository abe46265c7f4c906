// SPDX-License-Identifier: Apache-2.0
#include "ui/wizard/xml_place.h"

#include <QRegularExpression>
#include <QStringList>
#include <QXmlStreamReader>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

int lineAt(const QString &xml, qsizetype character)
{
    return static_cast<int>(QStringView(xml).left(std::max<qsizetype>(0, character)).count(u'\n')) + 1;
}

/// Names of a path's elements: "<os>/<kernel>" gives os, kernel; attributes are left out.
QStringList elementsOf(const QString &where)
{
    static const QRegularExpression element(u"<([A-Za-z_][A-Za-z0-9_.:-]*)[^>]*>"_s);
    QStringList names;
    for (auto at = element.globalMatch(where); at.hasNext();)
        names += at.next().captured(1);
    return names;
}

} // namespace

std::optional<XmlProblem> xmlProblem(const QString &xml)
{
    QXmlStreamReader reader(xml);
    while (!reader.atEnd())
        reader.readNext();
    if (!reader.hasError())
        return {};
    return XmlProblem{static_cast<int>(reader.lineNumber()), reader.errorString()};
}

int lineOfPlace(const QString &xml, const QString &where)
{
    static const QRegularExpression offset(u"offset (\\d+)$"_s);
    if (const auto match = offset.match(where); match.hasMatch())
        return lineAt(xml, QString::fromUtf8(xml.toUtf8().left(match.captured(1).toLongLong())).size());
    QStringList path = elementsOf(where);
    if (path.isEmpty())
        return 0;
    if (path.first() == "domain"_L1)
        path.removeFirst();
    QXmlStreamReader reader(xml);
    qsizetype depth = 0, matched = 0; // of the elements that are open: all, and those of the path
    int best = 1;
    while (!reader.atEnd()) {
        const auto token = reader.readNext();
        if (token == QXmlStreamReader::StartElement) {
            ++depth;
            if (matched < path.size() && depth == matched + 2 && reader.qualifiedName() == path[matched]) {
                ++matched;
                // The reader stands behind the element's first tag.
                best = lineAt(xml, QStringView(xml).left(reader.characterOffset()).lastIndexOf(u'<'));
                if (matched == path.size())
                    return best;
            }
        } else if (token == QXmlStreamReader::EndElement) {
            if (matched > 0 && depth == matched + 1)
                --matched;
            --depth;
        }
    }
    return best;
}

} // namespace kastellan::ui
