// SPDX-License-Identifier: Apache-2.0
// Certificates that stand behind a platform, as far as they are known here.
#pragma once

#include "core/evidence/evidence.h"
#include "sev-backend/abi/tcb.h"
#include "sev-backend/firmware/platform_model.h"

#include <filesystem>
#include <functional>

namespace kastellan::sev {

/// Where a host's certificates come from. None is an error: they are for showing.
struct CertificateSources {
    /// VCEK or VLEK, ASK or ASVK, ARK in DER, of this chip at this TCB.
    std::function<std::vector<Endorsement>(ByteView chip, const TcbVersion &reported)> reports;
    /// Signed CEK, ASK, ARK in SEV's own form. `cek` is the platform's own copy.
    std::function<std::vector<Endorsement>(ByteView cek)> ownership;
};
/// Those of the certificate store of this user, or of `path`.
[[nodiscard]] CertificateSources storedCertificates(const PlatformModel &model, std::filesystem::path path = {});

} // namespace kastellan::sev
