// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/evidence.h"
#include "sev-backend/abi/report.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kastellan::sev {

/// Floors of a TCB, part by part. Those of a product go before the general ones when the report is that product's.
struct TcbFloors {
    using Levels = std::vector<std::pair<TcbPart, std::uint8_t>>;
    Levels general;
    std::vector<std::pair<Product, Levels>> products;

    /// The levels to hold a report of this product to; empty: none.
    [[nodiscard]] const Levels &of(Product product) const;
    [[nodiscard]] bool empty() const { return general.empty() && products.empty(); }
    bool operator==(const TcbFloors &) const = default;
};

/// What the owner demands of evidence, from a policy file (docs/policy.md, docs/policy.schema.json). A list that is empty, and an
/// optional that is not set, demand nothing. Nothing here makes an appraisal accept what it would refuse without a policy, but for
/// the guest policy bits "debug" and "migrate-ma" and provisional firmware, which an owner may allow by name.
struct Policy {
    static constexpr std::int64_t formatVersion = 1;
    static constexpr std::size_t sizeLimit = 1'000'000;

    std::string name; ///< for people
    std::string root; ///< "amd" or "emulated:<64 hex digits>"; empty: not said
    bool strict = false; ///< all advisory findings are required
    std::vector<std::string> require; ///< ids of advisory findings that are required here
    std::vector<Product> products;
    std::vector<std::uint8_t> steppings; ///< of the processor, as the report states it
    std::optional<SigningKey> signingKey;
    std::vector<std::string> cspIds; ///< cloud providers whose VLEK is accepted

    struct {
        std::optional<std::uint32_t> minimumVersion;
        std::vector<std::uint32_t> vmpls;
        std::vector<ReportData> data;
        std::vector<HostData> hostData;
        std::vector<ReportId> ids, agentIds;
        std::vector<ChipId> chipIds; ///< Turin's 8 bytes with zeros behind
    } report;
    struct {
        std::vector<LaunchDigest> digests, denied;
        std::vector<BlockId> familyIds, imageIds;
        std::optional<std::uint32_t> minimumGuestSvn;
    } launch;
    struct {
        std::optional<std::pair<unsigned, unsigned>> minimumAbi; ///< major, minor
        std::optional<std::uint64_t> allowed; ///< of SMT, MIGRATE_MA, DEBUG and CXL_ALLOW at most these bits
        std::uint64_t required = 0; ///< at least these bits
    } guestPolicy;
    struct {
        std::optional<std::uint64_t> allowed; ///< of SMT_EN, TSME_EN and TIO_EN at most these bits
        std::uint64_t required = 0;
    } platformInfo;
    struct {
        TcbFloors minimum; ///< of the reported, committed and current TCB
        TcbFloors committed, current, launch; ///< further floors of one of them
    } tcb;
    struct {
        std::optional<FirmwareVersion> minimumVersion; ///< of the firmware that runs; an older major.minor never passes by its build
        std::optional<std::uint8_t> minimumBuild; ///< whatever the version, as go-sev-guest compares it
        std::optional<bool> allowProvisional;
    } firmware;
    struct {
        bool required = false; ///< there has to be an ID block
        bool authorRequired = false; ///< an author key has to have signed the ID key
        bool authorVouches = true; ///< an ID key that a listed author key signed need not be listed
        std::vector<KeyDigest> idKeys, authorKeys, deniedIdKeys, deniedAuthorKeys;
    } idBlock;
    struct {
        std::uint64_t launch = 0, current = 0; ///< bits that have to be there
    } mitigations;

    /// Reads a policy file. Every error is an Input error with `name`, the line, and for an unknown key the nearest one that is known.
    [[nodiscard]] static Result<Policy> parse(std::string_view text, std::string_view name);
    /// A policy file with a comment above each value. Parsing it yields this policy again.
    [[nodiscard]] std::string toToml() const;
    /// Protections that this policy gives up by name: "policy: debug", …; for Appraisal::overrides.
    [[nodiscard]] std::vector<std::string> overrides() const;
    /// Whether this advisory finding is to be required.
    [[nodiscard]] bool demands(std::string_view findingId) const;
};

/// The bits of the guest policy that give something up (an owner allows them) and that protect (an owner requires them).
inline constexpr GuestPolicy::Bit permissiveBits[] = {GuestPolicy::Smt, GuestPolicy::MigrateMa, GuestPolicy::Debug, GuestPolicy::CxlAllow};
inline constexpr GuestPolicy::Bit protectiveBits[] = {GuestPolicy::SingleSocket, GuestPolicy::MemAes256Xts, GuestPolicy::RaplDisabled,
    GuestPolicy::CiphertextHiding, GuestPolicy::PageSwapDisabled};
/// The same of PLATFORM_INFO. TSME may be seen either way.
inline constexpr PlatformInfo::Bit permissivePlatformBits[] = {
    PlatformInfo::SmtEnabled, PlatformInfo::TsmeEnabled, PlatformInfo::TioEnabled};
inline constexpr PlatformInfo::Bit protectivePlatformBits[] = {PlatformInfo::TsmeEnabled, PlatformInfo::EccEnabled,
    PlatformInfo::RaplDisabled, PlatformInfo::CiphertextHiding, PlatformInfo::AliasCheckComplete};
/// The word with these bits set.
template <typename Bits>
[[nodiscard]] constexpr std::uint64_t maskOf(const Bits &bits)
{
    std::uint64_t mask = 0;
    for (const auto bit : bits)
        mask |= std::uint64_t{1} << bit;
    return mask;
}

/// The digest by which a report names an ID key or an author key: 96 hex digits as they are, or of a P-384 key in PEM (public key,
/// certificate or private key).
[[nodiscard]] Result<KeyDigest> keyDigestFrom(std::string_view hexOrPem);
/// The same of a certificate in DER.
[[nodiscard]] Result<KeyDigest> keyDigestOfCertificate(ByteView der);

/// The strictest policy that this report meets: its own values, product, TCB, key digests and launch digest. What differs from launch to
/// launch (report id, report data) is left out. `root` as in Policy; `vlekProvider` the CSP id of the certificate, or empty.
[[nodiscard]] Policy strictPolicyFor(const ReportView &report, Product product, std::string root, std::string vlekProvider = {});
/// The same with root, product and provider from the endorsements, and every advisory finding required that passes at this time.
/// `appraisal`, if given, receives the evidence's appraisal without a policy. An Input error unless it is an SNP report.
[[nodiscard]] Result<Policy> strictPolicyFor(
    const Evidence &evidence, const EvidenceBackend &backend, std::int64_t at, Appraisal *appraisal = nullptr);

} // namespace kastellan::sev
