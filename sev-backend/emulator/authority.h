// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/certificates/p384.h"
#include "sev-backend/emulator/profile.h"
#include "sev-backend/emulator/rsa_maker.h"

namespace kastellan::sev {

/// The emulated counterpart of AMD's certificate authority: a root (ARK) and an intermediate (ASK) with RSA 4096, which
/// certify the keys of emulated chips.
class Authority {
public:
    /// Makes both keys and certificates. `now` is the time of making, Unix seconds.
    [[nodiscard]] static Result<Authority> make(
        const Profile &profile, std::int64_t now, unsigned rsaBits, const EmulatorProgress &progress, const std::stop_token &stop);
    /// From what was stored. The keys are read only when something has to be signed.
    [[nodiscard]] static Result<Authority> from(Bytes arkKey, Bytes askKey, ByteView ark, ByteView ask);

    [[nodiscard]] const Certificate &ark() const { return m_ark; }
    [[nodiscard]] const Certificate &ask() const { return m_ask; }
    [[nodiscard]] const Bytes &arkKey() const { return m_arkKey; } ///< DER; secret
    [[nodiscard]] const Bytes &askKey() const { return m_askKey; } ///< DER; secret

    /// What a leaf certificate says; the defaults give a VCEK as AMD's key server would.
    struct Leaf {
        std::string commonName = "SEV-VCEK";
        std::string productName;
        unsigned structVersion = 0;
        TcbVersion tcb;
        Bytes hardwareId; ///< empty: none (VLEK)
        bool wrapHardwareId = false; ///< as an OCTET STRING, the newer form
        std::string cspId; ///< VLEK only
        std::int64_t notBefore = 0, notAfter = 0;
        std::uint64_t serial = 0; ///< as AMD's key server numbers them
    };
    [[nodiscard]] Result<Certificate> issue(const Leaf &leaf, EVP_PKEY *key) const;
    /// A revocation list by the root, naming these serials.
    [[nodiscard]] Result<Bytes> revocationList(
        const std::vector<std::uint64_t> &serials, std::int64_t thisUpdate, std::int64_t nextUpdate) const;

    Authority(Authority &&) = default;
    Authority &operator=(Authority &&) = default;
    Authority(const Authority &) = delete;
    Authority &operator=(const Authority &) = delete;
    ~Authority();

private:
    Authority(Bytes arkKey, Bytes askKey, Certificate ark, Certificate ask)
        : m_arkKey(std::move(arkKey))
        , m_askKey(std::move(askKey))
        , m_ark(std::move(ark))
        , m_ask(std::move(ask))
    {
    }
    Bytes m_arkKey, m_askKey;
    Certificate m_ark, m_ask;
};

} // namespace kastellan::sev
