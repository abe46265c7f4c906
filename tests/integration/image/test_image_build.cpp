// SPDX-License-Identifier: Apache-2.0
// The recipe as keepctl runs it, with a made-up kernel: compiling one is for test_kernel_twice.
#include "../keepctl/program.h"

#include <QtCore/QCryptographicHash>
#include <QtCore/QDir>
#include <QtCore/QJsonArray>
#include <QtCore/QStandardPaths>
#include <QtTest/QtTest>

#include <csignal>

using namespace kastellan::test;

namespace {

QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QString sha(const QByteArray &content)
{
    return QString::fromLatin1(QCryptographicHash::hash(content, QCryptographicHash::Sha256).toHex());
}

const QString firmware = QStringLiteral("/usr/share/ovmf/OVMF.amdsev.fd");

} // namespace

class TestImageBuild : public QObject {
    Q_OBJECT

private:
    Program m_program;
    QString m_lock;

    [[nodiscard]] QStringList building(const QString &out) const
    {
        return {QStringLiteral("image"), QStringLiteral("build"), QStringLiteral("--out"), out, QStringLiteral("--lock"), m_lock,
            QStringLiteral("--kernel"), m_program.path(QStringLiteral("bzImage"))};
    }
    [[nodiscard]] QStringList entries(const QString &folder) const
    {
        return QDir(m_program.path(folder)).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot, QDir::Name);
    }

private Q_SLOTS:
    void initTestCase()
    {
        if (!QFile::exists(firmware))
            QSKIP("the firmware OVMF.amdsev.fd (package ovmf-amdsev) is not installed");
        m_program.set(QStringLiteral("XDG_CACHE_HOME"), m_program.path(QStringLiteral("cache")));
        m_program.write(QStringLiteral("bzImage"), QByteArray(500'000, 'k'));
        m_lock = m_program.path(QStringLiteral("lock.json"));
        // What this system has is pinned here: whether it is what the recipe's lock has is asked in test_vm_image_built.
        const Ran ran = m_program.run(building(m_program.path(QStringLiteral("a/image"))) << QStringLiteral("--update-lock"));
        QVERIFY2(ran.exit == 0, ran.all());
        QVERIFY(QFile::exists(m_lock));
    }

    void theSameBytesElsewhereAndLater()
    {
        const QString other = m_program.path(QStringLiteral("b/deeper/folder"));
        m_program.set(QStringLiteral("TZ"), QStringLiteral("Asia/Kathmandu"));
        m_program.set(QStringLiteral("LANG"), QStringLiteral("de_DE.UTF-8"));
        m_program.set(QStringLiteral("XDG_CACHE_HOME"), m_program.path(QStringLiteral("another-cache")));
        QVERIFY(QDir().mkpath(other));
        auto process = m_program.startShell(QStringLiteral("umask 0077; exec keepctl \"$@\""), building(other));
        const Ran ran = Program::finish(*process);
        QVERIFY2(ran.exit == 0, ran.all());
        for (const QString &name : {QStringLiteral("firmware.fd"), QStringLiteral("kernel"), QStringLiteral("initrd"),
                 QStringLiteral("image.json"), QStringLiteral("sbom.spdx.json")}) {
            const QByteArray one = contentOf(m_program.path(QStringLiteral("a/image/")) + name), two = contentOf(other + u'/' + name);
            QVERIFY(!one.isEmpty());
            QVERIFY2(one == two, qPrintable(name));
        }
    }

    void theBillOfMaterialsHasEveryInput()
    {
        const QString folder = m_program.path(QStringLiteral("a/image/"));
        const QJsonObject bill = QJsonDocument::fromJson(contentOf(folder + QStringLiteral("sbom.spdx.json"))).object();
        QCOMPARE(bill[QStringLiteral("spdxVersion")].toString(), QStringLiteral("SPDX-2.3"));
        QSet<QString> named, ids;
        for (const QString &list : {QStringLiteral("packages"), QStringLiteral("files")})
            for (const auto &item : bill[list].toArray()) {
                const QJsonObject object = item.toObject();
                QVERIFY2(
                    !ids.contains(object[QStringLiteral("SPDXID")].toString()), qPrintable(object[QStringLiteral("SPDXID")].toString()));
                ids.insert(object[QStringLiteral("SPDXID")].toString());
                for (const auto &sum : object[QStringLiteral("checksums")].toArray())
                    named.insert(sum.toObject()[QStringLiteral("checksumValue")].toString());
            }
        const QJsonObject image = QJsonDocument::fromJson(contentOf(folder + QStringLiteral("image.json"))).object();
        const QJsonArray inputs = image[QStringLiteral("inputs")].toArray();
        QVERIFY(inputs.size() > 8);
        for (const auto &input : inputs)
            QVERIFY2(named.contains(input.toObject()[QStringLiteral("sha256")].toString()),
                qPrintable(input.toObject()[QStringLiteral("name")].toString()));
        for (const auto &file : image[QStringLiteral("contents")].toArray())
            QVERIFY2(named.contains(file.toObject()[QStringLiteral("sha256")].toString()),
                qPrintable(file.toObject()[QStringLiteral("path")].toString()));
        ids.insert(QStringLiteral("SPDXRef-DOCUMENT"));
        for (const auto &item : bill[QStringLiteral("relationships")].toArray()) {
            const QJsonObject relation = item.toObject();
            for (const char *end : {"spdxElementId", "relatedSpdxElement"})
                QVERIFY2(ids.contains(relation[QLatin1String(end)].toString()), qPrintable(relation[QLatin1String(end)].toString()));
        }
    }

    void showsWhatMeasureComputes()
    {
        const QString folder = m_program.path(QStringLiteral("a/image"));
        const Ran shown = m_program.run({QStringLiteral("image"), QStringLiteral("show"), folder, QStringLiteral("--vcpus"),
            QStringLiteral("5"), QStringLiteral("--cpu-model"), QStringLiteral("EPYC-Genoa"), QStringLiteral("--json")});
        QVERIFY2(shown.exit == 0, shown.all());
        const QJsonObject digests = shown.json()[QStringLiteral("digests")].toArray().at(0).toObject();
        for (const auto &[verb, expected] : {std::pair{QStringLiteral("snp"), digests[QStringLiteral("snp")].toString()},
                 {QStringLiteral("es"), digests[QStringLiteral("es")].toString()},
                 {QStringLiteral("sev"), shown.json()[QStringLiteral("sev")].toString()}}) {
            QStringList line{QStringLiteral("measure"), verb, QStringLiteral("--ovmf"), folder + QStringLiteral("/firmware.fd"),
                QStringLiteral("--kernel"), folder + QStringLiteral("/kernel"), QStringLiteral("--initrd"),
                folder + QStringLiteral("/initrd"), QStringLiteral("--append"), shown.json()[QStringLiteral("command_line")].toString(),
                QStringLiteral("--json")};
            if (verb != QStringLiteral("sev"))
                line << QStringLiteral("--vcpus") << QStringLiteral("5") << QStringLiteral("--vcpu-type") << QStringLiteral("EPYC-Genoa");
            const Ran measured = m_program.run(line);
            QVERIFY2(measured.exit == 0, measured.all());
            QVERIFY(!expected.isEmpty());
            QCOMPARE(measured.json()[QStringLiteral("digest")].toString(), expected);
        }
    }

    void verifyFindsAFlippedByte()
    {
        const QString folder = m_program.path(QStringLiteral("a/image/"));
        QVERIFY(m_program.run({QStringLiteral("image"), QStringLiteral("verify"), folder}).exit == 0);
        for (const QString &name :
            {QStringLiteral("firmware.fd"), QStringLiteral("kernel"), QStringLiteral("initrd"), QStringLiteral("sbom.spdx.json")}) {
            QFile file(folder + name);
            QVERIFY(file.open(QIODevice::ReadWrite));
            QVERIFY(file.seek(file.size() / 3));
            char byte = 0;
            QVERIFY(file.peek(&byte, 1) == 1);
            const auto write = [&](char value) { return file.seek(file.size() / 3) && file.putChar(value) && file.flush(); };
            QVERIFY(write(static_cast<char>(byte ^ 4)));
            const Ran ran = m_program.run({QStringLiteral("image"), QStringLiteral("verify"), folder});
            QVERIFY2(ran.exit == 1 && ran.err.contains(name.toUtf8()), ran.all());
            QVERIFY(write(byte));
        }
        QVERIFY(m_program.run({QStringLiteral("image"), QStringLiteral("verify"), folder}).exit == 0);
    }

    void anotherInputIsNeverTaken()
    {
        QJsonObject lock = QJsonDocument::fromJson(contentOf(m_lock)).object();
        QJsonArray inputs = lock[QStringLiteral("inputs")].toArray();
        QString name;
        for (qsizetype i = 0; i < inputs.size(); ++i) {
            QJsonObject input = inputs[i].toObject();
            if (!input[QStringLiteral("name")].toString().contains(QStringLiteral("libz.so")))
                continue;
            name = input[QStringLiteral("name")].toString();
            input[QStringLiteral("sha256")] = QString(64, u'5');
            input[QStringLiteral("package")] = QStringLiteral("no-such-package-of-kastellan");
            inputs[i] = input;
        }
        QVERIFY(!name.isEmpty());
        lock[QStringLiteral("inputs")] = inputs;
        const QString own = m_program.write(QStringLiteral("other.json"), QJsonDocument(lock).toJson());
        m_program.set(QStringLiteral("KASTELLAN_DEBIAN_MIRROR"), QStringLiteral("http://127.0.0.1:9/debian")); // nobody answers there
        QStringList line = building(m_program.path(QStringLiteral("c/image")));
        line[line.indexOf(m_lock)] = own;
        const Ran ran = m_program.run(line);
        QVERIFY2(ran.exit == 2, ran.all());
        QVERIFY2(ran.err.contains("--update-lock") && ran.err.contains(name.toUtf8()), ran.all());
        QCOMPARE(entries(QStringLiteral("c")), QStringList());

        const Ran updated = m_program.run(line << QStringLiteral("--update-lock"));
        m_program.unset(QStringLiteral("KASTELLAN_DEBIAN_MIRROR"));
        QVERIFY2(updated.exit == 0, updated.all());
        QVERIFY2(
            updated.err.contains(QByteArray(64, '5')) && updated.err.contains(name.toUtf8()), updated.all()); // the digest that changed
        QCOMPARE(sha(contentOf(m_program.path(QStringLiteral("c/image/initrd")))),
            sha(contentOf(m_program.path(QStringLiteral("a/image/initrd")))));
    }

    void aFolderOfOthersIsLeftAlone()
    {
        QVERIFY(QDir().mkpath(m_program.path(QStringLiteral("d/mine"))));
        m_program.write(QStringLiteral("d/mine/letter"), "dear");
        const Ran ran = m_program.run(building(m_program.path(QStringLiteral("d/mine"))));
        QVERIFY2(ran.exit == 2, ran.all());
        QCOMPARE(entries(QStringLiteral("d")), QStringList{QStringLiteral("mine")});
        QCOMPARE(entries(QStringLiteral("d/mine")), QStringList{QStringLiteral("letter")});
    }

    void interruptedItLeavesNothing()
    {
        auto process = m_program.start(building(m_program.path(QStringLiteral("e/image"))));
        QByteArray said;
        process->setReadChannel(QProcess::StandardError);
        while (!said.contains("Packing") && process->waitForReadyRead(60'000))
            said += process->readAllStandardError();
        QVERIFY2(said.contains("Packing"), said);
        ::kill(static_cast<pid_t>(process->processId()), SIGINT);
        const Ran ran = Program::finish(*process);
        QVERIFY2(ran.exit != 0, ran.all());
        QCOMPARE(entries(QStringLiteral("e")), QStringList());
    }

    void whatIsMissingIsSaidWithItsPackage()
    {
        const QString python = QStandardPaths::findExecutable(QStringLiteral("python3"));
        QVERIFY(QDir().mkpath(m_program.path(QStringLiteral("bin"))));
        QVERIFY(QFile::link(python, m_program.path(QStringLiteral("bin/python3"))));
        const QString path = qEnvironmentVariable("PATH");
        m_program.set(QStringLiteral("PATH"), m_program.path(QStringLiteral("bin")));
        QStringList line = building(m_program.path(QStringLiteral("f/image")));
        line.resize(line.indexOf(QStringLiteral("--kernel")));
        line << QStringLiteral("--update-lock"); // this lock has no kernel's source yet
        line[line.indexOf(m_lock)] = m_program.path(QStringLiteral("new.json"));
        const Ran ran = m_program.run(line);
        m_program.set(QStringLiteral("PATH"), path);
        QVERIFY2(ran.exit == 3, ran.all());
        for (const char *package : {"gcc", "flex", "bison", "bc", "zstd"})
            QVERIFY2(ran.err.contains(package), ran.all());
        QCOMPARE(entries(QStringLiteral("f")), QStringList());
    }
};

QTEST_GUILESS_MAIN(TestImageBuild)
#include "test_image_build.moc"
