// SPDX-License-Identifier: Apache-2.0
// Platform structures and key messages, held against the kernel's headers.
#include "sev-backend/abi/derived_key.h"
#include "sev-backend/abi/platform_status.h"

#include <QTest>

#include <linux/ioctl.h>
#include <linux/psp-sev.h>
#include <linux/sev-guest.h>

using namespace kastellan;
using namespace kastellan::sev;

namespace {

template <typename Kernel, std::size_t Size>
Kernel as(const std::array<std::uint8_t, Size> &bytes)
{
    static_assert(sizeof(Kernel) == Size);
    Kernel value;
    std::memcpy(&value, bytes.data(), Size);
    return value;
}

} // namespace

class TestPlatformStatus : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void sev();
    void snp();
    void config();
    void hashstick();
    void keyRequest();
    void keyResponse();
};

void TestPlatformStatus::sev()
{
    SevPlatformStatus status;
    status.version = {40, 55, 1};
    status.state = SevState::Working;
    status.externallyOwned = status.es = true;
    status.guests = 0x01020304;
    const auto bytes = status.encode();
    const auto kernel = as<sev_user_data_status>(bytes);
    QCOMPARE(unsigned(kernel.api_major), 1u);
    QCOMPARE(unsigned(kernel.api_minor), 55u);
    QCOMPARE(unsigned(kernel.build), 40u);
    QCOMPARE(unsigned(kernel.state), 2u);
    QCOMPARE(std::uint32_t(kernel.flags), 0x101u);
    QCOMPARE(std::uint32_t(kernel.guest_count), 0x01020304u);
    QVERIFY(*SevPlatformStatus::decode(bytes) == status);
    QVERIFY(*SevPlatformStatus::decode(SevPlatformStatus().encode()) == SevPlatformStatus());
    QVERIFY(!SevPlatformStatus::decode(ByteView(bytes).first(11)).has_value());
    QCOMPARE(name(SevState::Init), std::string_view("INIT"));
    QCOMPARE(name(static_cast<SevState>(9)), std::string_view("unknown"));
}

void TestPlatformStatus::snp()
{
    SnpPlatformStatus status;
    status.major = 1;
    status.minor = 58;
    status.build = 0x11223344;
    status.initialized = status.rmpInitialized = status.vlekLoaded = true;
    status.guests = 7;
    status.currentTcb.bytes = {1, 2, 3, 4, 5, 6, 7, 8};
    status.reportedTcb.bytes = {8, 7, 6, 5, 4, 3, 2, 1};
    const auto kernel = as<sev_user_data_snp_status>(status.encode());
    QCOMPARE(unsigned(kernel.state), 1u);
    QCOMPARE(unsigned(kernel.is_rmp_initialized), 1u);
    QCOMPARE(std::uint32_t(kernel.build_id), 0x11223344u);
    QCOMPARE(unsigned(kernel.vlek_en), 1u);
    QCOMPARE(unsigned(kernel.mask_chip_id), 0u);
    QCOMPARE(std::uint32_t(kernel.guest_count), 7u);
    QCOMPARE(std::uint64_t(kernel.current_tcb_version), 0x0807060504030201ull);
    QCOMPARE(std::uint64_t(kernel.reported_tcb_version), 0x0102030405060708ull);
    // Each flag comes back, and only it.
    using Flag = bool SnpPlatformStatus::*;
    for (const Flag flag : {Flag(&SnpPlatformStatus::initialized), Flag(&SnpPlatformStatus::rmpInitialized),
             Flag(&SnpPlatformStatus::aliasChecked), Flag(&SnpPlatformStatus::tio), Flag(&SnpPlatformStatus::maskChipId),
             Flag(&SnpPlatformStatus::maskChipKey), Flag(&SnpPlatformStatus::vlekLoaded), Flag(&SnpPlatformStatus::featureInfo),
             Flag(&SnpPlatformStatus::raplDisabled), Flag(&SnpPlatformStatus::ciphertextHidingCapable),
             Flag(&SnpPlatformStatus::ciphertextHiding), Flag(&SnpPlatformStatus::tioEnabled)}) {
        SnpPlatformStatus one;
        one.*flag = true;
        QVERIFY(*SnpPlatformStatus::decode(one.encode()) == one);
        QVERIFY(one.encode() != SnpPlatformStatus().encode());
    }
    QVERIFY(!SnpPlatformStatus::decode(Bytes(31)).has_value());
}

void TestPlatformStatus::config()
{
    SnpConfig config;
    config.reportedTcb.bytes = {1, 2, 3, 4, 5, 6, 7, 8};
    config.maskChipKey = true;
    const auto bytes = config.encode();
    const auto kernel = as<sev_user_data_snp_config>(bytes);
    QCOMPARE(std::uint64_t(kernel.reported_tcb), 0x0807060504030201ull);
    QCOMPARE(unsigned(kernel.mask_chip_id), 0u);
    QCOMPARE(unsigned(kernel.mask_chip_key), 1u);
    QVERIFY(*SnpConfig::decode(bytes) == config);
    for (std::size_t at = 8; at < bytes.size(); ++at) {
        auto bad = bytes;
        bad[at] |= 0x80;
        QVERIFY(!SnpConfig::decode(bad).has_value());
    }
    QVERIFY(!SnpConfig::decode(ByteView(bytes).first(63)).has_value());
}

void TestPlatformStatus::hashstick()
{
    VlekHashstick stick;
    stick.iv.fill(1);
    stick.wrapped.fill(2);
    stick.tcb.bytes.fill(3);
    stick.tag.fill(4);
    const auto bytes = stick.encode();
    static_assert(sizeof(sev_user_data_snp_wrapped_vlek_hashstick) == VlekHashstick::size);
    QCOMPARE(unsigned(bytes[0x0b]), 1u);
    QCOMPARE(unsigned(bytes[0x10]), 2u);
    QCOMPARE(unsigned(bytes[0x190]), 3u);
    QCOMPARE(unsigned(bytes[0x1a0]), 4u);
    const auto again = VlekHashstick::decode(bytes);
    QVERIFY(again.has_value());
    QVERIFY(again->encode() == bytes);
    for (const std::size_t at : {0x0cu, 0x0fu, 0x198u, 0x19fu}) {
        auto bad = bytes;
        bad[at] = 1;
        QVERIFY(!VlekHashstick::decode(bad).has_value());
    }
    QVERIFY(!VlekHashstick::decode(ByteView(bytes).first(431)).has_value());
}

void TestPlatformStatus::keyRequest()
{
    KeyRequest request;
    request.fromVmrk = true;
    request.key = KeyRequest::KeySelect::Vlek;
    request.fields = 0x2a;
    request.vmpl = 3;
    request.guestSvn = 5;
    request.tcb.bytes = {1, 2, 3, 4, 5, 6, 7, 8};
    const Bytes bytes = request.encode();
    QCOMPARE(bytes.size(), sizeof(snp_derived_key_req));
    snp_derived_key_req kernel{};
    std::memcpy(&kernel, bytes.data(), sizeof kernel);
    QCOMPARE(kernel.root_key_select, 5u);
    QCOMPARE(std::uint64_t(kernel.guest_field_select), 0x2aull);
    QCOMPARE(kernel.vmpl, 3u);
    QCOMPARE(kernel.guest_svn, 5u);
    QCOMPARE(std::uint64_t(kernel.tcb_version), 0x0807060504030201ull);
    QCOMPARE(KeyRequest::decode(bytes)->encode(), bytes);
    request.fields = 0x7f;
    request.launchMitigations = 9;
    QCOMPARE(request.encode().size(), std::size_t(40));
    QCOMPARE(KeyRequest::decode(request.encode())->launchMitigations, 9ull);
    for (const auto &[offset, value] : {std::pair<std::size_t, std::uint8_t>{0, 6}, {0, 8}, {3, 1}, {4, 1}, {8, 0x40}, {9, 1}, {16, 4}}) {
        Bytes bad = bytes;
        bad[offset] = value;
        QVERIFY(!KeyRequest::decode(bad).has_value());
    }
    for (const std::size_t size : {0u, 31u, 33u, 39u, 41u})
        QVERIFY(!KeyRequest::decode(Bytes(size)).has_value());
}

void TestPlatformStatus::keyResponse()
{
    KeyResponse response;
    response.key.fill(7);
    const auto bytes = response.encode();
    static_assert(sizeof(snp_derived_key_resp) == KeyResponse::size);
    QCOMPARE(unsigned(bytes[31]), 0u);
    QCOMPARE(unsigned(bytes[32]), 7u);
    QVERIFY(KeyResponse::decode(bytes)->key == response.key);
    response.status = FirmwareStatus::InvalidParam;
    const auto refused = response.encode();
    QCOMPARE(unsigned(refused[0]), 0x16u);
    QCOMPARE(unsigned(refused[32]), 0u); // no key with a refusal
    QVERIFY(KeyResponse::decode(refused)->status == FirmwareStatus::InvalidParam);
    QVERIFY(!KeyResponse::decode(ByteView(bytes).first(63)).has_value());
}

QTEST_GUILESS_MAIN(TestPlatformStatus)
#include "test_platform_status.moc"
