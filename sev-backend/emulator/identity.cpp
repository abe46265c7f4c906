// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/emulator/identity.h"

#include "core/base/codec.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "sev-backend/certificates/vek_extensions.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <ctime>
#include <mutex>

#include <fcntl.h>
#include <sys/file.h>

namespace kastellan::sev {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view magic = "KASTEMU1";
constexpr const char *reading = "read the identity of the emulated processor";
constexpr std::size_t sizeLimit = 64 * 1024;
constexpr std::int64_t leafLife = 7LL * 365 * 86400; // as AMD's

/// Files that a killed program left half written: they hold private keys. Called under the lock.
void removeLeftovers(const fs::path &folder, const std::string &file)
{
    std::error_code ignored;
    for (const auto &entry : fs::directory_iterator(folder, ignored))
        if (const std::string leaf = entry.path().filename().string(); leaf.starts_with("." + file + "."))
            fs::remove(entry.path(), ignored);
}

/// Like lockFile, but gives up when asked to stop.
Result<Fd> lockOrStop(const fs::path &path, const EmulatorProgress &progress, const std::stop_token &stop)
{
    Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd)
        return systemError("lock the identity of the emulated processor", path.string(), errno);
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return systemError("lock the identity of the emulated processor", path.string(), errno);
        if (progress)
            progress("waiting for another program that makes the emulated root keys", 0, 0);
        never.wait_for(lock, stop, std::chrono::milliseconds(50), [] { return false; });
        if (stop.stop_requested())
            return fail(ErrorKind::Cancelled, "make the identity of the emulated processor", {}, "it was cancelled");
    }
    return fd;
}

} // namespace

std::string Identity::stem(const Profile &profile, std::string_view seed)
{
    std::string stem(profile.id);
    if (!seed.empty())
        stem += "-" + toHex(sha256({asBytes("seed"), asBytes(seed)}).view().first(8));
    return stem;
}

fs::path Identity::file(const fs::path &folder, const Profile &profile, std::string_view seed)
{
    return folder / (stem(profile, seed) + ".identity");
}

Identity::Identity(ChipId chipId, Sha256 secret, Authority authority)
    : m_chipId(chipId)
    , m_secret(secret)
    , m_authority(std::move(authority))
    , m_vcekKey(P384PrivateKey::derive(secret.bytes)) // until the TCB is known
    , m_vcek(m_authority.ask())
{
}

Identity::~Identity()
{
    OPENSSL_cleanse(m_secret.bytes.data(), m_secret.bytes.size());
}

Sha256 Identity::derive(std::string_view purpose) const
{
    return hmacSha256(m_secret.bytes, {asBytes(purpose)});
}

P384PrivateKey Identity::keyFor(const TcbVersion &tcb) const
{
    Bytes seed;
    for (const std::string_view half : {"vcek-1", "vcek-2"}) {
        const Sha256 part = hmacSha256(m_secret.bytes, {asBytes(half), tcb.bytes().bytes});
        seed.insert(seed.end(), part.bytes.begin(), part.bytes.end());
    }
    auto key = P384PrivateKey::derive(seed);
    OPENSSL_cleanse(seed.data(), seed.size());
    return key;
}

Result<Certificate> Identity::certify(const Profile &profile, const TcbVersion &tcb, std::int64_t now) const
{
    Authority::Leaf leaf;
    leaf.productName = profile.productName;
    leaf.structVersion = profile.structVersion;
    leaf.tcb = tcb;
    leaf.hardwareId = toBytes(m_chipId.view().first(chipIdSize(profile.product)));
    leaf.notBefore = now - 86400;
    leaf.notAfter = now + leafLife;
    return m_authority.issue(leaf, keyFor(tcb).handle());
}

Result<Identity> Identity::make(
    const Profile &profile, unsigned rsaBits, std::string_view seed, const EmulatorProgress &progress, const std::stop_token &stop)
{
    const std::int64_t now = std::time(nullptr);
    KASTELLAN_ASSIGN(Authority authority, Authority::make(profile, now, rsaBits, progress, stop));
    ChipId chipId;
    const auto chip = std::span(chipId.bytes).first(chipIdSize(profile.product));
    Sha256 secret;
    if (seed.empty()) {
        randomBytes(chip);
        randomBytes(secret.bytes);
    } else {
        const Sha512 id = sha512({asBytes("kastellan-chip-id"), asBytes(profile.id), asBytes(seed)});
        std::ranges::copy(id.view().first(chip.size()), chip.begin());
        secret = sha256({asBytes("kastellan-chip-secret"), asBytes(profile.id), asBytes(seed)});
    }
    Identity identity(chipId, secret, std::move(authority));
    OPENSSL_cleanse(secret.bytes.data(), secret.bytes.size());
    identity.m_vcekKey = identity.keyFor(profile.tcb());
    KASTELLAN_ASSIGN(identity.m_vcek, identity.certify(profile, profile.tcb(), now));
    return identity;
}

Bytes Identity::encode(const Profile &profile) const
{
    Writer writer;
    writer.raw(asBytes(magic)).text(profile.id).raw(m_chipId.bytes).raw(m_secret.bytes);
    writer.sized(m_authority.arkKey()).sized(m_authority.askKey());
    writer.sized(m_authority.ark().der()).sized(m_authority.ask().der()).sized(m_vcek.der());
    Bytes bytes = writer.take();
    const Sha256 sum = sha256(bytes);
    bytes.insert(bytes.end(), sum.bytes.begin(), sum.bytes.end());
    return bytes;
}

Result<Identity> Identity::decode(ByteView bytes, const Profile &profile)
{
    if (bytes.size() < Sha256::size || sha256(bytes.first(bytes.size() - Sha256::size)).view().size() != Sha256::size
        || !equalConstantTime(sha256(bytes.first(bytes.size() - Sha256::size)).bytes, bytes.last(Sha256::size)))
        return badInput(reading, {}, "its checksum does not match: it was changed or cut");
    Reader reader(bytes.first(bytes.size() - Sha256::size));
    if (asText(reader.raw(magic.size())) != magic)
        return badInput(reading, "offset 0", "it does not begin with " + std::string(magic), "Use a newer version of this program.");
    if (const std::string id = reader.text(32); id != profile.id)
        return badInput(reading, {}, "it is for the profile '" + id + "'");
    const auto chipId = reader.fixed<ChipId>();
    const auto secret = reader.fixed<Sha256>();
    Bytes arkKey = toBytes(reader.sized(sizeLimit)), askKey = toBytes(reader.sized(sizeLimit));
    const ByteView ark = reader.sized(sizeLimit), ask = reader.sized(sizeLimit), vcek = reader.sized(sizeLimit);
    KASTELLAN_TRY(reader.finish(reading));
    KASTELLAN_ASSIGN(Authority authority, Authority::from(std::move(arkKey), std::move(askKey), ark, ask));
    Identity identity(chipId, secret, std::move(authority));
    KASTELLAN_ASSIGN(identity.m_vcek, Certificate::fromDer(vcek));
    identity.m_vcekKey = identity.keyFor(profile.tcb());
    return identity;
}

Result<Identity> Identity::open(const fs::path &folder, const Profile &profile, const EmulatorProgress &progress,
    const std::stop_token &stop, unsigned rsaBits, std::string_view seed)
{
    const fs::path path = file(folder, profile, seed);
    const auto read = [&]() -> Result<Identity> {
        KASTELLAN_ASSIGN(Bytes bytes, readFile(path, sizeLimit));
        auto identity = decode(bytes, profile);
        OPENSSL_cleanse(bytes.data(), bytes.size());
        if (!identity)
            return environment(reading, path.string(), identity.error().why,
                "Restore it from a backup, or move it away: a new one is made then, with another root; evidence under the old "
                "root stays what it is.");
        return identity;
    };
    /// The TCB that the stored VCEK is for; a new version of this program may emulate a newer firmware.
    const auto current = [&](const Identity &identity) {
        const auto extensions = readVekExtensions(identity.vcek());
        return extensions && extensions->tcb == profile.tcb() && std::time(nullptr) + 86400 < identity.vcek().notAfter();
    };
    std::error_code ignored;
    if (fs::exists(path, ignored)) {
        auto identity = read();
        if (!identity || current(*identity))
            return identity;
    }
    KASTELLAN_TRY(makeFolder(folder));
    KASTELLAN_ASSIGN(const Fd lock, lockOrStop(folder / "lock", progress, stop));
    removeLeftovers(folder, path.filename().string());
    if (fs::exists(path, ignored)) { // another program made it meanwhile, or its VCEK is out of date
        KASTELLAN_ASSIGN(Identity identity, read());
        if (!current(identity)) {
            KASTELLAN_ASSIGN(identity.m_vcek, identity.certify(profile, profile.tcb(), std::time(nullptr)));
            Bytes bytes = identity.encode(profile);
            const auto written = writeFileAtomically(path, bytes);
            OPENSSL_cleanse(bytes.data(), bytes.size());
            KASTELLAN_TRY(written);
        }
        return identity;
    }
    KASTELLAN_ASSIGN(Identity identity, make(profile, rsaBits == 0 ? profile.rsaBits : rsaBits, seed, progress, stop));
    if (stop.stop_requested())
        return fail(ErrorKind::Cancelled, "make the identity of the emulated processor", {}, "it was cancelled");
    Bytes bytes = identity.encode(profile);
    const auto written = writeFileAtomically(path, bytes);
    OPENSSL_cleanse(bytes.data(), bytes.size());
    KASTELLAN_TRY(written);
    return identity;
}

} // namespace kastellan::sev
