// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/legacy/certificate.h"

#include <memory>

struct evp_pkey_st;

namespace kastellan::sev::legacy {

/// A key pair made for one agreement.
class EphemeralKey {
public:
    /// `curve`: 1 P-256, 2 P-384.
    [[nodiscard]] static Result<EphemeralKey> make(std::uint32_t curve);
    /// The shared secret: the x-coordinate, big-endian, as long as the curve's field.
    [[nodiscard]] Result<Bytes> agree(const EcPoint &peer) const;
    /// The public half as an unsigned PDH-usage certificate (GODH), 2084 bytes.
    [[nodiscard]] Bytes godhCertificate(std::uint8_t apiMajor, std::uint8_t apiMinor) const;

private:
    struct Free {
        void operator()(evp_pkey_st *key) const;
    };
    std::unique_ptr<evp_pkey_st, Free> m_key;
    std::uint32_t m_curve = 2;
};

} // namespace kastellan::sev::legacy
