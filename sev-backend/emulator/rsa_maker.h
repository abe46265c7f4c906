// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <functional>
#include <memory>
#include <stop_token>

typedef struct evp_pkey_st EVP_PKEY;

namespace kastellan::sev {

/// What is being done, and how far it is: done of total, total 0 when unknown. Called from the calling thread only.
using EmulatorProgress = std::function<void(std::string_view doing, std::uint64_t done, std::uint64_t total)>;

/// Two RSA keys at once, on two threads: seconds for 4096 bits. Cancelled within milliseconds.
[[nodiscard]] Result<std::array<std::shared_ptr<EVP_PKEY>, 2>> makeRsaKeys(
    unsigned bits, const EmulatorProgress &progress, const std::stop_token &stop);

/// A private key as DER and back. The caller keeps the bytes secret.
[[nodiscard]] Bytes privateKeyDer(EVP_PKEY *key);
[[nodiscard]] Result<std::shared_ptr<EVP_PKEY>> privateKeyFromDer(ByteView der);

} // namespace kastellan::sev
