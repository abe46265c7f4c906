// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/emulator/emulated_state.h"
#include "sev-backend/emulator/faults.h"
#include "sev-backend/emulator/guest_presence.h"
#include "sev-backend/emulator/identity.h"

#include <functional>
#include <memory>
#include <mutex>

namespace kastellan::sev {

/// What the parts of one emulated platform share: identity, state, faults and the count of guests. The state is one file, replaced as a
/// whole under a lock, and read again when another program changed it, so that several programs see one platform. Safe in several threads.
class EmulatedPlatform {
public:
    struct Options {
        bool seeded = false; ///< what the firmware draws at random is drawn from the chip's secret
        bool uncommitted = false; ///< a new platform has firmware that is not committed yet
        FaultPlan faults = {};
    };
    /// `stem`: how its files in the folder begin.
    EmulatedPlatform(std::filesystem::path folder, std::string stem, Identity identity, const Profile &profile, Options options);

    [[nodiscard]] const Identity &identity() const { return m_identity; }
    [[nodiscard]] const Profile &profile() const { return m_profile; }
    [[nodiscard]] const std::filesystem::path &folder() const { return m_folder; }
    [[nodiscard]] const std::string &stem() const { return m_stem; }

    /// Begins a command: whatever fault is injected happens here. Success: go on.
    [[nodiscard]] FirmwareStatus enter(EmulatedCommand command) const;

    using View = std::shared_ptr<const EmulatedState>;
    /// The state as it is now. SecureDataInvalid: its file is damaged; a factory reset mends that.
    [[nodiscard]] Answer<View> view();
    /// Changes the state under the lock: `work` gets it, and what it makes of it is kept if it answers with success and the file could be
    /// written (HwerrorPlatform). `anew`: a damaged state is replaced by a fresh one.
    [[nodiscard]] Answer<void> change(const std::function<FirmwareStatus(EmulatedState &)> &work, bool anew = false);

    /// A private key of this chip, by its number.
    [[nodiscard]] P384PrivateKey key(std::string_view purpose, std::uint64_t number) const;
    /// Random bytes, or with a seed the next ones of a row that always is the same.
    void draw(std::span<std::uint8_t> target);

    /// Tells the others how many guests this program has.
    void setLegacyGuests(std::size_t count);
    void setSnpGuests(std::size_t count);
    /// Of all programs.
    [[nodiscard]] GuestPresence::Counts guests();
    /// The same, for use within the work of `change`.
    [[nodiscard]] GuestPresence::Counts guestsInChange() const { return m_presence.total(); }

private:
    [[nodiscard]] FirmwareStatus load(); ///< with m_mutex held
    void count(const std::function<void(GuestPresence &)> &work);

    std::filesystem::path m_folder;
    std::string m_stem;
    Identity m_identity;
    const Profile &m_profile;
    Options m_options;
    Sha256 m_tag;

    std::mutex m_mutex;
    View m_state; ///< null: not read, or damaged
    struct Stamp {
        std::uint64_t device = 0, inode = 0, size = 0;
        std::int64_t seconds = -1, nanoseconds = 0;
        bool operator==(const Stamp &) const = default;
    };
    Stamp m_stamp;
    GuestPresence m_presence;
};

} // namespace kastellan::sev
