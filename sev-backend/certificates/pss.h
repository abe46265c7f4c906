// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

#include <openssl/x509.h>

namespace kastellan::sev {

/// Whether a signature algorithm is exactly RSASSA-PSS with SHA-384, MGF1 with SHA-384, a salt of 48 bytes and trailer 1
/// (RFC 4055): the one with which AMD signs ARK, ASK, VCEK, VLEK and CRLs. The error says what differs.
[[nodiscard]] Status checkPssSha384(const X509_ALGOR *algorithm);

} // namespace kastellan::sev
