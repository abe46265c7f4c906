// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"
#include "core/base/free_with.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace kastellan::session {

using KeyHandle = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using CertificateHandle = std::unique_ptr<X509, FreeWith<X509_free>>;
using ContextHandle = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using SslHandle = std::unique_ptr<SSL, FreeWith<SSL_free>>;
using BioHandle = std::unique_ptr<BIO, FreeWith<BIO_free>>;

/// What OpenSSL says of its newest failure, in its words; empties its queue.
[[nodiscard]] inline std::string opensslReason()
{
    std::string reason;
    while (const unsigned long code = ERR_get_error()) {
        const char *text = ERR_reason_error_string(code);
        reason = text ? text : "error " + std::to_string(code);
    }
    return reason.empty() ? "no reason given" : reason;
}

} // namespace kastellan::session
