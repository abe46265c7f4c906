// SPDX-License-Identifier: Apache-2.0
// Two kernels of the same inputs, in two folders, without the compiler cache: the same bytes.
#include "../keepctl/program.h"

#include <QtTest/QtTest>

using namespace kastellan::test;

class TestKernelTwice : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theSameBytes()
    {
        if (qEnvironmentVariableIsEmpty("KASTELLAN_SLOW"))
            QSKIP("two kernels are compiled only where KASTELLAN_SLOW is set");
        Program program;
        program.set(QStringLiteral("CCACHE_DISABLE"), QStringLiteral("1"));
        QStringList kernels;
        for (const QString &name : {QStringLiteral("one"), QStringLiteral("another/folder")}) {
            program.set(QStringLiteral("XDG_CACHE_HOME"), program.path(name + QStringLiteral("/cache")));
            const QString out = program.path(name + QStringLiteral("/image"));
            auto process =
                program.start({QStringLiteral("image"), QStringLiteral("build"), QStringLiteral("--out"), out, QStringLiteral("--lock"),
                    program.path(name + QStringLiteral(".json")), QStringLiteral("--update-lock"), QStringLiteral("--json")});
            QVERIFY(process->waitForFinished(3'500'000));
            QCOMPARE(process->exitCode(), 0);
            const Ran shown = program.run({QStringLiteral("image"), QStringLiteral("show"), out, QStringLiteral("--json")});
            kernels << shown.json()[QStringLiteral("kernel")].toObject()[QStringLiteral("sha256")].toString();
        }
        QVERIFY(!kernels[0].isEmpty());
        QCOMPARE(kernels[0], kernels[1]);
    }
};

QTEST_GUILESS_MAIN(TestKernelTwice)
#include "test_kernel_twice.moc"
