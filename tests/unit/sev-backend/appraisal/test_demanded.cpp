// SPDX-License-Identifier: Apache-2.0
// What a launch demanded of SEV-SNP's firmware, and a host that left it out.
#include "sev-backend/appraisal/demanded.h"

#include "sev-backend/abi/id_block.h"
#include "sev-backend/machine/id_signing.h"

#include <QtTest/QTest>

#include <algorithm>

using namespace kastellan;
using namespace kastellan::sev;
using namespace Qt::StringLiterals;

class TestDemanded : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void policy();
    void idBlock();
    void signer();

private:
    static Bytes report(std::uint64_t policy)
    {
        Bytes bytes(1184);
        bytes[0] = 2;
        for (std::size_t i = 0; i < 8; ++i)
            bytes[report_offset::policy + i] = static_cast<std::uint8_t>(policy >> (8 * i));
        return bytes;
    }
    static QStringList failing(const std::vector<Finding> &findings)
    {
        QStringList ids;
        for (const Finding &finding : findings)
            if (finding.outcome != Outcome::Pass) {
                if (!finding.required || finding.remedy.empty())
                    qFatal("a demand that failed has to decide, and to say what to do");
                ids += QString::fromStdString(finding.id);
            }
        return ids;
    }
    static LaunchPlan plan()
    {
        LaunchPlan plan;
        plan.policy = 0x20000;
        plan.machine.emplace();
        plan.machine->technology = "snp";
        return plan;
    }
};

void TestDemanded::policy()
{
    QCOMPARE(failing(demandedFindings(report(0x20000), plan())), QStringList());
    QCOMPARE(demandedFindings(report(0x20000), plan()).size(), std::size_t(1));
    // SMT allowed by the host, where the owner had forbidden it.
    QCOMPARE(failing(demandedFindings(report(0x30000), plan())), (QStringList{u"policy.demanded"_s}));
    QVERIFY(demandedFindings(Bytes(10), plan()).empty());
}

void TestDemanded::idBlock()
{
    IdBlock block;
    block.familyId.bytes.fill(1);
    block.imageId.bytes.fill(2);
    block.guestSvn = 3;
    Bytes auth(IdAuthView::size);
    std::fill_n(auth.begin() + 0x240, 0x404, std::uint8_t(4));
    std::fill_n(auth.begin() + 0x880, 0x404, std::uint8_t(5));
    LaunchPlan wanted = plan();
    const auto encoded = block.encode();
    wanted.machine->request.idBlock = toBase64(encoded);
    wanted.machine->request.idAuth = toBase64(auth);
    wanted.machine->request.authorKey = true;
    // The host launched without it.
    QCOMPARE(failing(demandedFindings(report(0x20000), wanted)),
        (QStringList{u"idblock.demanded"_s, u"idblock.demanded_key"_s, u"idblock.demanded_author"_s}));
    Bytes good = report(0x20000);
    const auto put = [&good](std::size_t at, ByteView bytes) { std::ranges::copy(bytes, good.begin() + static_cast<std::ptrdiff_t>(at)); };
    FirmwareKey key, author;
    key.bytes.fill(4);
    author.bytes.fill(5);
    good[report_offset::guestSvn] = 3;
    put(report_offset::familyId, block.familyId.view());
    put(report_offset::imageId, block.imageId.view());
    put(report_offset::idKeyDigest, keyDigest(key).view());
    put(report_offset::authorKeyDigest, keyDigest(author).view());
    QCOMPARE(failing(demandedFindings(good, wanted)), QStringList());
    // Signed by another key.
    good[report_offset::idKeyDigest] ^= 1;
    QCOMPARE(failing(demandedFindings(good, wanted)), (QStringList{u"idblock.demanded_key"_s}));
    wanted.machine->request.idBlock = "no base64!";
    QVERIFY(failing(demandedFindings(good, wanted)).contains(u"idblock.demanded"_s));
}

void TestDemanded::signer()
{
    LaunchPlan wanted = plan();
    wanted.machine->request.vlek = true;
    QCOMPARE(failing(demandedFindings(report(0x20000), wanted)), (QStringList{u"report.signer.demanded"_s}));
    Bytes good = report(0x20000);
    good[report_offset::flags] = 1 << 2;
    QCOMPARE(failing(demandedFindings(good, wanted)), QStringList());
}

QTEST_GUILESS_MAIN(TestDemanded)
#include "test_demanded.moc"
