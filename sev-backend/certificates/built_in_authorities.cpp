// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/certificates/built_in_authorities.h"

#include "sev-backend/certificates/root_keys.h"

namespace kastellan::sev {

std::span<const Certificate> builtInAuthorities()
{
    static const std::vector<Certificate> all = [] {
        std::vector<Certificate> made;
        for (const RootKey &key : rootKeys())
            if (!key.commonName.empty())
                if (auto authority = Certificate::builtIn(key))
                    made.push_back(std::move(*authority));
        return made;
    }();
    return all;
}

const Certificate *builtInIssuer(const Certificate &certificate)
{
    for (const Certificate &authority : builtInAuthorities())
        if (certificate.namesIssuer(authority))
            return &authority;
    return nullptr;
}

} // namespace kastellan::sev
