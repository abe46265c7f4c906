// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/legacy/emulated_root.h"

#include "sev-backend/certificates/chain.h"

#include <algorithm>

namespace kastellan::sev::legacy {
namespace {

/// Big-endian without leading zeros, as X.509 has numbers.
Bytes bigEndian(ByteView little)
{
    Bytes big(little.rbegin(), little.rend());
    big.erase(big.begin(), std::ranges::find_if(big, [](std::uint8_t byte) { return byte != 0; }));
    return big;
}

} // namespace

std::string emulatedRootName(ByteView x509, const CaCertificate &ark)
{
    const auto root = sev::Certificate::fromDer(x509);
    if (!root || root->organization() != emulatedOrganization || root->rsaModulus().empty())
        return {};
    Bytes exponent(8);
    storeLe<std::uint64_t>(exponent, 0, root->rsaExponent());
    if (bigEndian(ark.modulus()) != root->rsaModulus() || bigEndian(ark.exponent()) != bigEndian(exponent))
        return {};
    return "emulated:" + toHex(root->fingerprint().view());
}

} // namespace kastellan::sev::legacy
