// SPDX-License-Identifier: Apache-2.0
#include "core/reports/reports.h"
#include "core/reports/theme.h"
#include "tests/support/sample_record.h"

#include <QtCore/QRegularExpression>
#include <QtGui/QColor>
#include <QtGui/QFont>
#include <QtGui/QFontMetricsF>
#include <QtGui/QImage>
#include <QtGui/QPainter>
#include <QtSvg/QSvgRenderer>
#include <QtTest/QTest>

#include <cmath>

using namespace kastellan;

namespace {

double luminance(std::string_view colour)
{
    const QColor value = QColor::fromString(QLatin1StringView(colour.data(), static_cast<qsizetype>(colour.size())));
    const auto channel = [](double c) { return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4); };
    return 0.2126 * channel(value.redF()) + 0.7152 * channel(value.greenF()) + 0.0722 * channel(value.blueF());
}

/// WCAG 2.1, contrast ratio.
double contrast(std::string_view a, std::string_view b)
{
    const double x = luminance(a) + 0.05;
    const double y = luminance(b) + 0.05;
    return x > y ? x / y : y / x;
}

QList<std::pair<QString, std::string>> drawings(Palette palette, unsigned width)
{
    const EvidenceView view = test::sampleView();
    Record record = test::sampleRecord();
    QList<std::pair<QString, std::string>> all;
    all.emplace_back(QStringLiteral("chain"), chainSvg(view, record.appraisal, palette, width));
    all.emplace_back(QStringLiteral("layers"), layersSvg(layersOf(record, &view), true, palette, width));
    record.appraisal.emulated = false;
    record.expected.root = "amd";
    all.emplace_back(QStringLiteral("layers-real"), layersSvg(layersOf(record, &view), false, palette, width));
    all.emplace_back(QStringLiteral("chain-empty"), chainSvg(EvidenceView{}, Appraisal{}, palette, width));
    return all;
}

} // namespace

class TestDrawings : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void contrastIsEnough()
    {
        constexpr double forText = 4.5;
        constexpr double forSigns = 3.0;
        for (const Palette palette : {Palette::Light, Palette::Dark}) {
            const auto &colours = reports::theme(palette);
            for (const auto surface : {colours.page, colours.card}) {
                QVERIFY(contrast(colours.text, surface) >= forText);
                QVERIFY(contrast(colours.muted, surface) >= forText);
            }
            for (const auto *shades : {&colours.good, &colours.bad, &colours.warning, &colours.neutral, &colours.emulated}) {
                for (const auto surface : {shades->surface, colours.page, colours.card})
                    QVERIFY2(contrast(shades->text, surface) >= forText, shades->text.data());
                QVERIFY2(contrast(colours.text, shades->surface) >= forText, shades->surface.data());
                QVERIFY2(contrast(colours.muted, shades->surface) >= forText, shades->surface.data());
                QVERIFY2(contrast(shades->line, colours.page) >= forSigns, shades->line.data());
                QVERIFY2(contrast(colours.onLine, shades->line) >= forSigns, shades->line.data());
            }
        }
    }

    /// Qt draws them: no unknown element, no warning, and something is there. Written to a folder where a person can look.
    void qtDrawsThem()
    {
        const QString folder = qEnvironmentVariable("KASTELLAN_PICTURES");
        for (const Palette palette : {Palette::Light, Palette::Dark})
            for (const unsigned width : {240u, 420u, 680u, 1000u})
                for (const auto &[name, svg] : drawings(palette, width)) {
                    QTest::failOnWarning(QRegularExpression(QStringLiteral(".*")));
                    QSvgRenderer renderer(QByteArray::fromStdString(svg));
                    QVERIFY(renderer.isValid());
                    QCOMPARE(renderer.defaultSize().width(), static_cast<int>(width));
                    QImage image(renderer.defaultSize(), QImage::Format_ARGB32);
                    const auto page = reports::theme(palette).page;
                    image.fill(QColor::fromString(QLatin1StringView(page.data(), static_cast<qsizetype>(page.size()))));
                    const QImage before = image;
                    QPainter painter(&image);
                    renderer.render(&painter);
                    painter.end();
                    QVERIFY(image != before);
                    if (!folder.isEmpty())
                        QVERIFY(image.save(folder + u'/' + name
                            + (palette == Palette::Dark ? QStringLiteral("-dark-") : QStringLiteral("-light-")) + QString::number(width)
                            + QStringLiteral(".png")));
                }
    }

    /// No text runs out of the drawing, measured with the fonts of this machine.
    void textsStayInside()
    {
        const QRegularExpression text(QStringLiteral(
            R"re(<text x="([0-9.]+)" y="([0-9.]+)" font-family="([a-z-]+)" font-size="([0-9.]+)" fill="#[0-9a-f]{6}"( font-weight="bold")?[^>]*>([^<]*)</text>)re"));
        int seen = 0;
        for (const unsigned width : {240u, 420u, 680u})
            for (const auto &[name, svg] : drawings(Palette::Light, width)) {
                auto matches = text.globalMatch(QString::fromStdString(svg));
                while (matches.hasNext()) {
                    const auto match = matches.next();
                    QFont font(match.captured(3));
                    font.setStyleHint(match.captured(3) == QStringLiteral("monospace") ? QFont::Monospace : QFont::SansSerif);
                    font.setPixelSize(100);
                    font.setBold(!match.captured(5).isEmpty());
                    const QString shown = match.captured(6).replace(QStringLiteral("&#39;"), QStringLiteral("'"));
                    const double right =
                        match.captured(1).toDouble() + QFontMetricsF(font).horizontalAdvance(shown) * match.captured(4).toDouble() / 100;
                    QVERIFY2(right <= width, qPrintable(name + QStringLiteral(": ") + shown));
                    ++seen;
                }
            }
        QVERIFY(seen > 200);
    }

    /// State is told by words, not by colour alone.
    void stateIsInWords()
    {
        EvidenceView view = test::sampleView();
        Record record = test::sampleRecord();
        QVERIFY(chainSvg(view, record.appraisal, Palette::Light, 680).find("does not verify") == std::string::npos);
        view.chain[1].signatureGood = false;
        record.appraisal.findings[0].outcome = Outcome::Fail;
        const std::string chain = chainSvg(view, record.appraisal, Palette::Light, 680);
        QVERIFY(chain.find("does not verify") != std::string::npos);
        QVERIFY(chain.find("is not the accepted root") != std::string::npos);
        QVERIFY(chain.find("EMULATED") != std::string::npos);
        view.chain[1].issuerMissing = true; // then nothing is said against the signature
        const std::string part = chainSvg(view, record.appraisal, Palette::Light, 680);
        QVERIFY(part.find("does not verify") == std::string::npos && part.find("one that is not here") != std::string::npos);
        const std::string layers = layersSvg(layersOf(record), true, Palette::Light, 680);
        QVERIFY(layers.find("EMULATED") != std::string::npos);
        QVERIFY(layers.find(">must be trusted<") != std::string::npos);
        QVERIFY(layers.find("<title>") != std::string::npos);
    }
};

QTEST_MAIN(TestDrawings)
#include "test_reports_drawings.moc"
