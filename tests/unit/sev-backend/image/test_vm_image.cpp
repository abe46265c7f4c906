// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "core/base/file.h"
#include "sev-backend/image/vm_image.h"
#include "sev-backend/machine/launch.h"
#include "tests/support/firmware_image.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtCore/QTemporaryDir>
#include <QtTest/QtTest>

#include <functional>

using namespace kastellan;
namespace fs = std::filesystem;

namespace {

const char *commandLine = "console=ttyS0 quiet panic=-1";

/// A whole image of made-up files.
class MadeImage {
public:
    MadeImage()
    {
        put("firmware.fd", test::FirmwareImage{}.bytes());
        put("kernel", Bytes(70'000, 0x11));
        put("initrd", Bytes(300'000, 0x22));
        put("sbom.spdx.json", toBytes(std::string_view("{}")));
        m_json = QJsonObject{{QStringLiteral("format"), QStringLiteral("kastellan-vm-image-1")},
            {QStringLiteral("name"), QStringLiteral("made")}, {QStringLiteral("version"), QStringLiteral("1")},
            {QStringLiteral("firmware"), entry("firmware.fd")}, {QStringLiteral("kernel"), entry("kernel")},
            {QStringLiteral("initrd"), entry("initrd")}, {QStringLiteral("command_line"), QString::fromLatin1(commandLine)},
            {QStringLiteral("documents"), QJsonArray{entry("sbom.spdx.json")}},
            {QStringLiteral("inputs"),
                QJsonArray{
                    QJsonObject{{QStringLiteral("name"), QStringLiteral("firmware")}, {QStringLiteral("package"), QStringLiteral("p")},
                        {QStringLiteral("version"), QStringLiteral("2")}, {QStringLiteral("sha256"), QString(64, QLatin1Char('a'))}}}},
            {QStringLiteral("contents"),
                QJsonArray{QJsonObject{{QStringLiteral("path"), QStringLiteral("/usr/bin/keep-warden")}, {QStringLiteral("size"), 5},
                    {QStringLiteral("mode"), 0755}, {QStringLiteral("sha256"), QString(64, QLatin1Char('b'))}}}}};
        write();
    }
    void put(const char *name, const Bytes &content) const { QVERIFY(writeFileAtomically(path(name), content, 0644)); }
    [[nodiscard]] fs::path folder() const { return m_folder.path().toStdString(); }
    [[nodiscard]] fs::path path(const char *name) const { return folder() / name; }
    QJsonObject &json() { return m_json; }
    void write() const { put("image.json", text()); }
    [[nodiscard]] Bytes text() const
    {
        const QByteArray bytes = QJsonDocument(m_json).toJson();
        return {bytes.begin(), bytes.end()};
    }

private:
    [[nodiscard]] QJsonObject entry(const char *name) const
    {
        const Bytes content = *readFile(path(name), 1u << 24);
        return {{QStringLiteral("file"), QString::fromLatin1(name)}, {QStringLiteral("size"), static_cast<qint64>(content.size())},
            {QStringLiteral("sha256"), QString::fromStdString(toHex(sha256(content).view()))}};
    }
    QTemporaryDir m_folder;
    QJsonObject m_json;
};

void set(QJsonObject &object, const char *outer, const char *inner, const QJsonValue &value)
{
    QJsonObject changed = object[QLatin1String(outer)].toObject();
    changed[QLatin1String(inner)] = value;
    object[QLatin1String(outer)] = changed;
}

} // namespace

class TestVmImage : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void opens()
    {
        const MadeImage made;
        const auto image = sev::openVmImage(made.folder() / "");
        QVERIFY2(image, image ? "" : image.error().message().c_str());
        QCOMPARE(image->folder, made.folder());
        QCOMPARE(image->commandLine, std::string(commandLine));
        QCOMPARE(image->kernel.size, std::uint64_t{70'000});
        QCOMPARE(image->documents.size(), std::size_t{1});
        QCOMPARE(image->inputs.size(), std::size_t{1});
        QCOMPARE(image->contents.at(0).mode, 0755u);
        QCOMPARE(image->manifest, sha256(made.text()));
    }

    void findsAFlippedBit_data()
    {
        QTest::addColumn<QByteArray>("file");
        QTest::addColumn<int>("way"); // 0: a bit, 1: a byte more, 2: gone
        for (const char *file : {"firmware.fd", "kernel", "initrd", "sbom.spdx.json"})
            for (int way = 0; way < 3; ++way)
                QTest::addRow("%s %d", file, way) << QByteArray(file) << way;
    }
    void findsAFlippedBit()
    {
        QFETCH(QByteArray, file);
        QFETCH(int, way);
        const MadeImage made;
        Bytes content = *readFile(made.path(file.constData()), 1u << 24);
        if (way == 0)
            content[content.size() / 2] ^= 1;
        else if (way == 1)
            content.push_back(0);
        if (way == 2)
            fs::remove(made.path(file.constData()));
        else
            made.put(file.constData(), content);
        const auto image = sev::openVmImage(made.folder());
        QVERIFY(!image);
        QCOMPARE(image.error().kind, ErrorKind::Negative);
        QCOMPARE(image.error().where, made.path(file.constData()).string());
    }

    void refuses_data()
    {
        QTest::addColumn<std::function<void(QJsonObject &)>>("change");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char *name, std::function<void(QJsonObject &)> change, const char *says) {
            QTest::newRow(name) << std::move(change) << QByteArray(says);
        };
        row("format", [](QJsonObject &o) { o[QStringLiteral("format")] = QStringLiteral("other"); }, "format");
        row("no kernel", [](QJsonObject &o) { o.remove(QStringLiteral("kernel")); }, "kernel");
        row("a path", [](QJsonObject &o) { set(o, "kernel", "file", QStringLiteral("../kernel")); }, "plain name");
        row("dots", [](QJsonObject &o) { set(o, "kernel", "file", QStringLiteral("..")); }, "plain name");
        row("twice", [](QJsonObject &o) { set(o, "kernel", "file", QStringLiteral("initrd")); }, "already");
        row("itself", [](QJsonObject &o) { set(o, "kernel", "file", QStringLiteral("image.json")); }, "already");
        row("short digest", [](QJsonObject &o) { set(o, "initrd", "sha256", QStringLiteral("ab")); }, "sha256");
        row("negative", [](QJsonObject &o) { set(o, "initrd", "size", -1); }, "size");
        row("huge", [](QJsonObject &o) { set(o, "initrd", "size", 1e12); }, "size");
        row("weak", [](QJsonObject &o) { o[QStringLiteral("command_line")] = QStringLiteral("quiet nokaslr"); }, "nokaslr");
        row("unattested", [](QJsonObject &o) { o[QStringLiteral("command_line")] = QStringLiteral("kastellan.unattested"); }, "unattested");
        row("line end", [](QJsonObject &o) { o[QStringLiteral("command_line")] = QStringLiteral("quiet\nquiet"); }, "printable");
        row("long", [](QJsonObject &o) { o[QStringLiteral("command_line")] = QString(2048, QLatin1Char('x')); }, "2047");
    }
    void refuses()
    {
        QFETCH(std::function<void(QJsonObject &)>, change);
        QFETCH(QByteArray, says);
        MadeImage made;
        change(made.json());
        made.write();
        const auto image = sev::openVmImage(made.folder());
        QVERIFY(!image);
        QCOMPARE(image.error().kind, ErrorKind::Input);
        QVERIFY2(image.error().message().contains(says.toStdString()), image.error().message().c_str());
    }

    void saysHowOneIsMade()
    {
        const QTemporaryDir empty;
        const auto image = sev::openVmImage(empty.path().toStdString());
        QVERIFY(!image);
        QCOMPARE(image.error().kind, ErrorKind::Environment);
        QVERIFY(image.error().remedy.contains("keepctl image build"));
    }

    void digestsAreThoseOfMeasure()
    {
        const MadeImage made;
        const auto image = sev::openVmImage(made.folder());
        QVERIFY(image);
        sev::LaunchParameters parameters;
        parameters.vcpus = 3;
        parameters.cpuModel = "EPYC-Milan";
        parameters.cpuSignature = sev::cpuSignatureOf("EPYC-Milan");
        parameters.ovmf = made.path("firmware.fd");
        parameters.kernel = made.path("kernel");
        parameters.initrd = made.path("initrd");
        parameters.append = commandLine;
        for (const auto kind : {sev::GuestKind::Snp, sev::GuestKind::SevEs, sev::GuestKind::Sev}) {
            parameters.kind = kind;
            const auto launch = sev::Launch::open(parameters);
            QVERIFY2(launch, launch ? "" : launch.error().message().c_str());
            const auto digest = launch->measure();
            QVERIFY(digest);
            if (kind == sev::GuestKind::Snp)
                QCOMPARE(toHex(sev::expectedSnp(*image, 3, "EPYC-Milan")->view()), toHex(*digest));
            else
                QCOMPARE(toHex(sev::expectedSev(*image, 3, "EPYC-Milan", kind == sev::GuestKind::SevEs)->view()), toHex(*digest));
        }
        QVERIFY(*sev::expectedSnp(*image, 3, "EPYC-Milan") != *sev::expectedSnp(*image, 4, "EPYC-Milan"));
        QVERIFY(*sev::expectedSnp(*image, 3, "EPYC-Milan") != *sev::expectedSnp(*image, 3, "EPYC-Genoa"));
    }

    void firmwareThatChangedAfterwardsIsNotMeasured()
    {
        const MadeImage made;
        const auto image = sev::openVmImage(made.folder());
        QVERIFY(image);
        const auto before = sev::expectedSnp(*image, 1, "EPYC-v4");
        QVERIFY(before);
        test::FirmwareImage other;
        other.pattern = 0x33;
        made.put("firmware.fd", other.bytes());
        const auto digest = sev::expectedSnp(*image, 1, "EPYC-v4");
        QVERIFY(!digest);
        QCOMPARE(digest.error().kind, ErrorKind::Negative);
        const auto given = sev::expectedSnp(*image, 1, "EPYC-v4", made.path("firmware.fd")); // asked for by name, it is
        QVERIFY(given);
        QVERIFY(*given != *before);
        QCOMPARE(sev::measuredFiles(*image, made.path("firmware.fd"))->at(0).sha256, sha256(other.bytes()));
    }

    void unusableMachines()
    {
        const MadeImage made;
        const auto image = sev::openVmImage(made.folder());
        QVERIFY(image);
        QCOMPARE(sev::expectedSnp(*image, 0, "EPYC-v4").error().kind, ErrorKind::Input);
        QCOMPARE(sev::expectedSnp(*image, 513, "EPYC-v4").error().kind, ErrorKind::Input);
        QCOMPARE(sev::expectedSnp(*image, 1, "host").error().kind, ErrorKind::Input);
    }
};

QTEST_GUILESS_MAIN(TestVmImage)
#include "test_vm_image.moc"
