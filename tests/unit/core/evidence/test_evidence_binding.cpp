// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/evidence.h"

#include <QtCore/QCryptographicHash>
#include <QtTest/QTest>

using namespace kastellan;

namespace {

template <typename Fixed>
QByteArray set(Fixed &target, char fill)
{
    target.bytes.fill(static_cast<std::uint8_t>(fill));
    return QByteArray(static_cast<qsizetype>(Fixed::size), fill);
}

QByteArray asArray(const ReportData &data)
{
    return QByteArray(reinterpret_cast<const char *>(data.bytes.data()), static_cast<qsizetype>(ReportData::size));
}

} // namespace

class TestBinding : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// The formula of docs/records.md, computed with another library from bytes laid out by hand.
    void attestDataIsTheFormula()
    {
        Binding binding;
        QByteArray input = QByteArrayLiteral("kastellan-attest-1");
        input += set(binding.nonce, 'n');
        input += set(binding.exporter, 'e');
        input += set(binding.wardenKey, 'w');
        input += set(binding.keep, 'k');
        QCOMPARE(input.size(), 18 + 64 + 32 + 32 + 16);
        QCOMPARE(asArray(binding.attestData()), QCryptographicHash::hash(input, QCryptographicHash::Sha512));
    }

    void deliverDataIsTheFormula()
    {
        Binding binding;
        binding.first.emplace();
        binding.manifest.emplace();
        QByteArray input = QByteArrayLiteral("kastellan-deliver-1");
        input += set(*binding.first, 'f');
        input += set(*binding.manifest, 'm');
        QCOMPARE(asArray(binding.deliverData()), QCryptographicHash::hash(input, QCryptographicHash::Sha512));
    }

    void everyInputMatters()
    {
        const Binding original;
        const auto before = original.attestData();
        Binding changed = original;
        changed.nonce.bytes[63] ^= 1;
        QVERIFY(changed.attestData() != before);
        changed = original;
        changed.exporter.bytes[0] ^= 1;
        QVERIFY(changed.attestData() != before);
        changed = original;
        changed.wardenKey.bytes[31] ^= 1;
        QVERIFY(changed.attestData() != before);
        changed = original;
        changed.keep.bytes[15] ^= 1;
        QVERIFY(changed.attestData() != before);
    }

    void withoutItsInputsTheSecondBindingFitsNothing()
    {
        const Binding binding;
        QVERIFY(binding.deliverData() != binding.deliverData());
    }
};

QTEST_APPLESS_MAIN(TestBinding)
#include "test_evidence_binding.moc"
