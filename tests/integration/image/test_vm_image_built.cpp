// SPDX-License-Identifier: Apache-2.0
// The image of this build folder: is it the pinned one, how large is it, and is nothing in it that should not be.
#include "../keepctl/program.h"
#include "core/base/digest.h"
#include "sev-backend/image/vm_image.h"
#include "tests/support/vm_image.h"

#include <QtTest/QtTest>

#include <fstream>
#include <iterator>

using namespace kastellan;

class TestVmImageBuilt : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { KASTELLAN_NEED_VM_IMAGE(); }

    void isWholeAndSmall()
    {
        const auto image = sev::openVmImage(test::vmImageFolder());
        QVERIFY2(image, image ? "" : image.error().message().c_str());
        const std::uint64_t size = image->firmware.size + image->kernel.size + image->initrd.size;
        QVERIFY2(size <= 25'000'000, std::to_string(size).c_str());
        QVERIFY(image->commandLine.contains("panic=-1") && image->commandLine.contains("oops=panic"));
        QVERIFY(!sev::weakeningWord(image->commandLine));
    }

    void holdsWardenRunnerAndLibrariesAlone()
    {
        const auto image = sev::openVmImage(test::vmImageFolder());
        QVERIFY(image);
        QStringList programs;
        for (const auto &file : image->contents) {
            const QString path = QString::fromStdString(file.path);
            if (file.mode & 0111)
                programs << path;
            else
                QVERIFY2(path.contains(QStringLiteral(".so")), qPrintable(path));
            if (path.contains(QStringLiteral("LLVM")))
                QVERIFY2(file.size < 1'000'000, "this is LLVM itself, and not what stands in for it");
        }
        QCOMPARE(programs,
            (QStringList{QStringLiteral("/lib64/ld-linux-x86-64.so.2"), QStringLiteral("/usr/bin/keep-runner"),
                QStringLiteral("/usr/bin/keep-warden")}));
    }

    void theKernelHasWhatAKeepNeedsAndNoWayIn()
    {
        std::ifstream file(test::vmImageFolder() / "kernel.config");
        const std::string config{std::istreambuf_iterator<char>(file), {}};
        for (const char *on : {"SEV_GUEST", "TSM_REPORTS", "EFI_SECRET", "EFI_COCO_SECRET", "VIRTIO_CONSOLE", "SECCOMP_FILTER",
                 "SECURITY_LANDLOCK", "LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY", "RANDOMIZE_BASE", "PANIC_ON_OOPS"})
            QVERIFY2(config.contains("\nCONFIG_" + std::string(on) + "=y\n"), on);
        for (const char *off : {"MODULES", "DEVMEM", "KEXEC", "KEXEC_FILE", "IO_URING", "BPF_SYSCALL", "NAMESPACES", "SYSVIPC",
                 "MAGIC_SYSRQ", "DEBUG_FS", "INET", "BLOCK"})
            QVERIFY2(!config.contains("\nCONFIG_" + std::string(off) + "="), off);
    }

    void isThePinnedOne()
    {
        std::ifstream other(test::vmImageFolder().parent_path() / "vm-image.other");
        if (other) {
            const std::string why{std::istreambuf_iterator<char>(other), {}};
            QSKIP(("this image is not of the lock's inputs: " + why).c_str());
        }
        test::Program program;
        const test::Ran ran =
            program.run({QStringLiteral("image"), QStringLiteral("verify"), QString::fromStdString(test::vmImageFolder().string())});
        QVERIFY2(ran.exit == 0, ran.all());
    }
};

QTEST_GUILESS_MAIN(TestVmImageBuilt)
#include "test_vm_image_built.moc"
