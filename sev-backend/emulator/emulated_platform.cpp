// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/emulator/emulated_platform.h"

#include "core/base/codec.h"
#include "core/base/digest.h"
#include "core/base/file.h"

#include <openssl/crypto.h>

#include <cerrno>
#include <ctime>
#include <thread>

#include <sys/stat.h>

namespace kastellan::sev {
namespace fs = std::filesystem;
namespace {

fs::path fileOf(const fs::path &folder, const std::string &stem, const char *ending)
{
    return folder / (stem + ending);
}

} // namespace

EmulatedPlatform::EmulatedPlatform(fs::path folder, std::string stem, Identity identity, const Profile &profile, Options options)
    : m_folder(std::move(folder))
    , m_stem(std::move(stem))
    , m_identity(std::move(identity))
    , m_profile(profile)
    , m_options(std::move(options))
    , m_tag(m_identity.derive("platform-state"))
    , m_presence(fileOf(m_folder, m_stem, ".guests"))
{
}

FirmwareStatus EmulatedPlatform::enter(EmulatedCommand command) const
{
    const FaultPlan::Decision decision = m_options.faults.next(command);
    if (decision.delay.count() > 0)
        std::this_thread::sleep_for(decision.delay); // that is the fault
    return decision.status;
}

FirmwareStatus EmulatedPlatform::load()
{
    const fs::path path = fileOf(m_folder, m_stem, ".platform");
    struct stat status{};
    Stamp stamp;
    if (::stat(path.c_str(), &status) == 0)
        stamp = {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
    else if (errno != ENOENT && errno != ENOTDIR)
        return FirmwareStatus::HwerrorPlatform;
    if (m_state && stamp == m_stamp)
        return FirmwareStatus::Success;
    m_state.reset();
    m_stamp = stamp;
    if (stamp == Stamp{}) {
        m_state = std::make_shared<EmulatedState>(EmulatedState::fresh(m_profile, m_options.uncommitted));
        return FirmwareStatus::Success;
    }
    const auto bytes = readFile(path, EmulatedState::fileLimit);
    if (!bytes)
        return bytes.error().kind == ErrorKind::Input ? FirmwareStatus::SecureDataInvalid : FirmwareStatus::HwerrorPlatform;
    auto state = EmulatedState::decode(*bytes, m_tag);
    if (!state && state.error().kind != ErrorKind::Negative)
        return FirmwareStatus::SecureDataInvalid;
    if (!state)
        state = EmulatedState::fresh(m_profile, m_options.uncommitted); // the chip was changed, and its memory with it
    // A firmware that is older than the committed one would not have been loaded.
    const TcbLayout layout = layoutOf(m_profile.product);
    if (!m_profile.tcb().atLeast(TcbVersion(state->committedTcb, layout)) || state->committedVersion > m_profile.firmware) {
        state->committedTcb = m_profile.tcb().bytes();
        state->committedVersion = m_profile.firmware;
    }
    if (!TcbVersion(state->committedTcb, layout).atLeast(TcbVersion(state->reportedTcb, layout))) {
        state->reportedTcb = state->committedTcb;
        state->reportedVcek.clear();
        state->vlekSeed.clear();
    }
    state->snpInitialized = state->snpInitialized && m_profile.hasSnp;
    m_state = std::make_shared<EmulatedState>(std::move(*state));
    return FirmwareStatus::Success;
}

Answer<EmulatedPlatform::View> EmulatedPlatform::view()
{
    const std::lock_guard lock(m_mutex);
    if (const auto status = load(); status != FirmwareStatus::Success)
        return std::unexpected(status);
    return m_state;
}

Answer<void> EmulatedPlatform::change(const std::function<FirmwareStatus(EmulatedState &)> &work, bool anew)
{
    const std::lock_guard lock(m_mutex);
    if (!makeFolder(m_folder))
        return std::unexpected(FirmwareStatus::HwerrorPlatform);
    const auto held = lockFile(fileOf(m_folder, m_stem, ".platform.lock"));
    if (!held)
        return std::unexpected(FirmwareStatus::HwerrorPlatform);
    const auto loaded = load();
    if (loaded != FirmwareStatus::Success && !(anew && loaded == FirmwareStatus::SecureDataInvalid))
        return std::unexpected(loaded);
    EmulatedState next = m_state ? *m_state : EmulatedState::fresh(m_profile, m_options.uncommitted);
    if (!m_state) {
        next.initialized = false; // so that the reset, which needs that, can go on
        // How far the lost counts had come nobody knows: the seconds since 1970 are beyond them, so that no key comes back.
        next.keysMade = next.epoch = next.snpEpoch = static_cast<std::uint64_t>(std::time(nullptr));
    }
    if (const auto status = work(next); status != FirmwareStatus::Success)
        return std::unexpected(status);
    if (m_state && next == *m_state)
        return {};
    Bytes bytes = next.encode(m_tag);
    const auto written = writeFileAtomically(fileOf(m_folder, m_stem, ".platform"), bytes);
    OPENSSL_cleanse(bytes.data(), bytes.size());
    if (!written)
        return std::unexpected(FirmwareStatus::HwerrorPlatform);
    m_state.reset(); // read anew, with the file's stamp
    return {};
}

P384PrivateKey EmulatedPlatform::key(std::string_view purpose, std::uint64_t number) const
{
    Bytes seed;
    for (const std::string_view half : {"/1/", "/2/"}) {
        const Sha256 part = m_identity.derive(std::string(purpose) + std::string(half) + std::to_string(number));
        seed.insert(seed.end(), part.bytes.begin(), part.bytes.end());
    }
    auto key = P384PrivateKey::derive(seed);
    OPENSSL_cleanse(seed.data(), seed.size());
    return key;
}

void EmulatedPlatform::draw(std::span<std::uint8_t> target)
{
    std::uint64_t number = 0;
    // Where the count can't be kept, a row that repeats itself would be worse than one that can't be foretold.
    if (!m_options.seeded || !change([&number](EmulatedState &state) {
            number = ++state.draws;
            return FirmwareStatus::Success;
        })) {
        randomBytes(target);
        return;
    }
    for (std::size_t done = 0; done < target.size(); done += Sha256::size) {
        const Sha256 block = m_identity.derive("draw/" + std::to_string(number) + "/" + std::to_string(done));
        std::copy_n(block.bytes.begin(), std::min(Sha256::size, target.size() - done), target.begin() + static_cast<std::ptrdiff_t>(done));
    }
}

void EmulatedPlatform::count(const std::function<void(GuestPresence &)> &work)
{
    const std::lock_guard lock(m_mutex);
    // A folder that can't be written has no lock, and nobody else who could be counted.
    const auto held = lockFile(fileOf(m_folder, m_stem, ".platform.lock"));
    work(m_presence);
}

void EmulatedPlatform::setLegacyGuests(std::size_t number)
{
    count([number](GuestPresence &presence) { presence.set({static_cast<std::uint32_t>(number), presence.own().snp}); });
}

void EmulatedPlatform::setSnpGuests(std::size_t number)
{
    count([number](GuestPresence &presence) { presence.set({presence.own().legacy, static_cast<std::uint32_t>(number)}); });
}

GuestPresence::Counts EmulatedPlatform::guests()
{
    GuestPresence::Counts counts;
    count([&counts](GuestPresence &presence) { counts = presence.total(); });
    return counts;
}

} // namespace kastellan::sev
