// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "core/evidence/evidence.h"

namespace kastellan {

/// The expected launch digest in hex, of 48 bytes or of the 32 of SEV and SEV-ES; empty where none is expected.
[[nodiscard]] inline std::string expectedDigestHex(const ReferenceValues &expected)
{
    return expected.launchDigest     ? toHex(expected.launchDigest->view())
        : expected.shortLaunchDigest ? toHex(expected.shortLaunchDigest->view())
                                     : std::string();
}

} // namespace kastellan
