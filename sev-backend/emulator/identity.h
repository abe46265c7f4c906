// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/emulator/authority.h"

#include <filesystem>

namespace kastellan::sev {

/// Everything that makes an emulated processor the same one tomorrow: chip id, chip secret, authority, VCEK certificate.
/// One file per profile, mode 0600, replaced as a whole: a crash at any moment leaves none or a whole one.
class Identity {
public:
    /// Reads the identity of the profile from the folder, or makes it under a lock: seconds, on first use. A file that is
    /// damaged is an Environment error: it is never replaced silently, for it would be another root. `rsaBits` 0: those of the
    /// profile. A seed gives the same chip id and chip secret everywhere, and is for tests; authorities are made at random always.
    [[nodiscard]] static Result<Identity> open(const std::filesystem::path &folder, const Profile &profile,
        const EmulatorProgress &progress, const std::stop_token &stop, unsigned rsaBits = 0, std::string_view seed = {});

    /// How the files of a profile begin: "genoa"; with a seed, "genoa-" and a digest of the seed.
    [[nodiscard]] static std::string stem(const Profile &profile, std::string_view seed = {});
    /// Where the identity of a profile lies.
    [[nodiscard]] static std::filesystem::path file(
        const std::filesystem::path &folder, const Profile &profile, std::string_view seed = {});

    [[nodiscard]] const ChipId &chipId() const { return m_chipId; }
    [[nodiscard]] const Authority &authority() const { return m_authority; }
    [[nodiscard]] const Certificate &vcek() const { return m_vcek; }
    [[nodiscard]] const P384PrivateKey &vcekKey() const { return m_vcekKey; }
    /// 32 bytes that only this chip has, for one purpose: names that purpose.
    [[nodiscard]] Sha256 derive(std::string_view purpose) const;
    /// The VCEK's private key at another TCB, as a chip derives it.
    [[nodiscard]] P384PrivateKey keyFor(const TcbVersion &tcb) const;
    /// A VCEK certificate for another TCB.
    [[nodiscard]] Result<Certificate> certify(const Profile &profile, const TcbVersion &tcb, std::int64_t now) const;

    Identity(Identity &&) = default;
    Identity &operator=(Identity &&) = default;
    ~Identity();

private:
    Identity(ChipId chipId, Sha256 secret, Authority authority);
    [[nodiscard]] static Result<Identity> make(
        const Profile &profile, unsigned rsaBits, std::string_view seed, const EmulatorProgress &progress, const std::stop_token &stop);
    [[nodiscard]] static Result<Identity> decode(ByteView bytes, const Profile &profile);
    [[nodiscard]] Bytes encode(const Profile &profile) const;

    ChipId m_chipId;
    Sha256 m_secret;
    Authority m_authority;
    P384PrivateKey m_vcekKey;
    Certificate m_vcek;
};

} // namespace kastellan::sev
