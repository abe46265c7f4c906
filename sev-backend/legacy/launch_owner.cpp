// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/legacy/launch_owner.h"

#include "core/base/digest.h"
#include "core/base/file.h"
#include "sev-backend/legacy/guest_policy.h"

#include <algorithm>

#include <openssl/crypto.h>

namespace kastellan::sev::legacy {
namespace {

constexpr const char *verifying = "verify the platform";
constexpr const char *checking = "check the launch measurement";

Result<LaunchMeasure> measureOf(const LaunchStatement &launched)
{
    KASTELLAN_ASSIGN(const Bytes bytes, fromBase64(launched.measurement));
    return LaunchMeasure::parse(bytes, "the host's launch measurement");
}

Result<PlatformChain> chainOf(const PlatformStatement &platform)
{
    PlatformChain chain;
    KASTELLAN_TRY(chain.add(asBytes(platform.pdh), "the host's PDH"));
    KASTELLAN_TRY(chain.add(asBytes(platform.chain), "the host's certificate chain"));
    if (!platform.signedCek.empty()) {
        KASTELLAN_ASSIGN(auto cek, Certificate::parse(platform.signedCek, "the key server's CEK"));
        if (cek.usage() != Usage::Cek)
            return badInput(verifying, "the key server's CEK", "it is a " + nameOf(cek.usage()));
        chain.cek = std::move(cek);
    }
    for (const Endorsement &authority : platform.authorities)
        if (authority.role == "ask" || authority.role == "ark")
            KASTELLAN_TRY(chain.add(authority.der, "the " + authority.role));
    return chain;
}

/// What the launch's memory is wiped of: a copy must not outlive the call.
struct Wiped {
    Bytes bytes;
    explicit Wiped(Bytes &&content)
        : bytes(std::move(content))
    {
    }
    Wiped(const Wiped &) = delete;
    Wiped &operator=(const Wiped &) = delete;
    ~Wiped() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

} // namespace

Result<LaunchOwner> LaunchOwner::begin(const PlatformStatement &platform, Policy policy, std::string_view root, const Sha256 &ownerKey)
{
    if (root != "amd" && !root.starts_with("emulated:"))
        return badInput(verifying, std::string(root), "it is not a root of a SEV platform");
    if (ownerKey.isZero())
        return badInput("start a session", {}, "there is no owner key", "Launch the keep with an owner key.");
    KASTELLAN_ASSIGN(const PlatformChain chain, chainOf(platform));
    const auto x509 = std::ranges::find(platform.authorities, "emulated-root", &Endorsement::role);
    const ChainVerdict verdict = verify(chain, root, x509 == platform.authorities.end() ? ByteView() : ByteView(x509->der));
    KASTELLAN_TRY(verdict.status(verifying));
    if (!verdict.good() || !chain.pdh)
        return fail(ErrorKind::Negative, verifying, {}, "its certificates were not verified");

    LaunchOwner owner;
    owner.m_policy = policy;
    owner.m_product = verdict.product;
    KASTELLAN_ASSIGN(auto made, newSession(*chain.pdh, policy));
    owner.m_blob = std::move(made.first);
    owner.m_keys = made.second;
    owner.m_secret.ownerKey = ownerKey;
    randomBytes(owner.m_secret.key.bytes);
    const auto add = [&owner](const char *role, const auto &certificate) {
        if (certificate)
            owner.m_endorsements.push_back({role, toBytes(certificate->bytes())});
    };
    add("pdh", chain.pdh);
    add("pek", chain.pek);
    add("oca", chain.oca);
    add("cek", chain.cek);
    add("ask", chain.ask);
    add("ark", chain.ark);
    if (root != "amd")
        owner.m_endorsements.push_back(*x509);
    return owner;
}

std::string LaunchOwner::dhCert() const
{
    return toBase64(m_blob.godh);
}

std::string LaunchOwner::session() const
{
    return toBase64(m_blob.session);
}

Result<Evidence> LaunchOwner::evidence(const LaunchStatement &launched) const
{
    LaunchRecord record;
    KASTELLAN_ASSIGN(record.measure, measureOf(launched));
    record.build = launched.build;
    record.policy = launched.policy;
    record.tik = m_keys.tik;
    record.session = m_blob.session;
    record.godh = sha256(m_blob.godh);
    return Evidence{"sev-launch-measure", record.bytes(), m_endorsements};
}

Status LaunchOwner::check(const LaunchStatement &launched, const Sha256 &expectedDigest) const
{
    if (launched.policy != m_policy)
        return fail(ErrorKind::Negative, checking, {},
            "the guest was launched with the policy " + policyText(launched.policy) + ", and " + policyText(m_policy) + " was demanded",
            "Do not use this host.");
    KASTELLAN_ASSIGN(const LaunchMeasure measure, measureOf(launched));
    const Sha256 right = launchMeasurement(m_keys.tik, launched.build, m_policy, expectedDigest, measure.nonce);
    if (!equalConstantTime(right.view(), measure.measure.view()))
        return fail(ErrorKind::Negative, checking, {},
            "it is not that of the expected launch digest " + toHex(expectedDigest.view()) + " under this session's key",
            "The firmware image, kernel, initrd, command line or number of processors is another one, or another session was used.");
    return {};
}

Result<LaunchOwner::Sealed> LaunchOwner::seal(const LaunchStatement &launched, const Sha256 &expectedDigest) const
{
    KASTELLAN_TRY(check(launched, expectedDigest));
    KASTELLAN_ASSIGN(const LaunchMeasure measure, measureOf(launched));
    std::vector<SecretEntry> entries(1); // an initializer list would leave a copy behind
    entries[0].guid = sessionSecretGuid;
    entries[0].value = m_secret.bytes();
    auto made = secretTable(entries);
    OPENSSL_cleanse(entries[0].value.data(), entries[0].value.size());
    if (!made)
        return std::unexpected(std::move(made).error());
    const Wiped table(std::move(*made));
    std::array<std::uint8_t, 16> iv{};
    randomBytes(iv);
    KASTELLAN_ASSIGN(const SecretPacket packet, sealSecret(table.bytes, m_keys, measure.measure, iv));
    return Sealed{toBase64(packet.header), toBase64(packet.payload)};
}

Status saveSessionSecret(const std::filesystem::path &folder, const SessionSecret &secret)
{
    const Wiped bytes(secret.bytes());
    return writeFileAtomically(folder / sessionSecretFile, bytes.bytes, 0600);
}

Result<SessionSecret> loadSessionSecret(const std::filesystem::path &folder)
{
    KASTELLAN_ASSIGN(Bytes read, readFile(folder / sessionSecretFile, 4096));
    const Wiped bytes(std::move(read));
    return SessionSecret::parse(bytes.bytes);
}

} // namespace kastellan::sev::legacy
