// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/image/vm_image.h"

#include <QtTest/QtTest>

using namespace kastellan;

class TestKernelCommandLine : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void weakens_data()
    {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<QByteArray>("word"); // empty: nothing weakens
        const auto row = [](const char *line, const char *word) { QTest::newRow(line) << QByteArray(line) << QByteArray(word); };
        row("", "");
        row("console=ttyS0 quiet panic=-1 oops=panic random.trust_bootloader=off sysctl.kernel.yama.ptrace_scope=3", "");
        row("mitigations=auto rodata=full", "");
        row("console=ttyS0 mitigations=off", "mitigations=off");
        row("mitigations", "mitigations");
        row("nokaslr", "nokaslr");
        row("quiet rodata=off quiet", "rodata=off");
        row("nopti", "nopti");
        row("pti=off", "pti=off");
        row("spectre_v2=off", "spectre_v2=off");
        row("spec-rstack-overflow=off", "spec-rstack-overflow=off"); // '-' is '_' to the kernel
        row("init=/bin/sh", "init=/bin/sh");
        row("\"rdinit\"=/bin/sh", "\"rdinit\"=/bin/sh"); // quotes are nothing to the kernel
        row("rdinit=\"/bin/sh -c\"", "rdinit=\"/bin/sh -c\"");
        row("single", "single");
        row("panic=0", "panic=0");
        row("panic=30", "panic=30");
        row("oops=continue", "oops=continue");
        row("sysctl.kernel.yama.ptrace_scope=0", "sysctl.kernel.yama.ptrace_scope=0");
        row("random.trust_bootloader=on", "random.trust_bootloader=on");
        row("lockdown=none", "lockdown=none");
        row("lsm=landlock", "lsm=landlock");
        row("mem_encrypt=off", "mem_encrypt=off");
        row("init_on_alloc=0", "init_on_alloc=0");
        row("quiet\tnosmep", "nosmep");
        row("kastellan.unattested", "kastellan.unattested");
        row("nokaslrx xnokaslr mitigationsx=off", "");
    }
    void weakens()
    {
        QFETCH(QByteArray, line);
        QFETCH(QByteArray, word);
        const auto found = sev::weakeningWord(line.toStdString());
        QCOMPARE(found.has_value(), !word.isEmpty());
        if (found)
            QCOMPARE(QByteArray::fromStdString(*found), word);
    }
};

QTEST_GUILESS_MAIN(TestKernelCommandLine)
#include "test_kernel_command_line.moc"
