// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/certificates/root_keys.h"

namespace kastellan::sev {

const RootKey *findRootKey(std::string_view role, ByteView modulus, std::uint64_t exponent)
{
    const std::string hex = toHex(modulus);
    for (const auto &key : rootKeys())
        if (key.role == role && key.exponent == exponent && key.modulus == hex)
            return &key;
    return nullptr;
}

} // namespace kastellan::sev
