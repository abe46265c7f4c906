// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/legacy/built_in.h"

#include "sev-backend/legacy/signature.h"

#include <algorithm>
#include <array>

namespace kastellan::sev::legacy {
namespace {

bool signs(const RootKey &key, const Certificate &subject)
{
    const auto modulus = fromHex(key.modulus);
    if (!modulus)
        return false;
    const Bytes little(modulus->rbegin(), modulus->rend());
    Bytes exponent(modulus->size());
    storeLe<std::uint32_t>(exponent, 0, key.exponent);
    const auto algorithm = little.size() == 256 ? Algorithm::RsaSha256 : Algorithm::RsaSha384;
    return std::ranges::any_of(std::array{0, 1}, [&](int number) {
        const Slot slot = subject.slot(number);
        return slot.usage == Usage::Ask && slot.algorithm == algorithm
            && verifyRsaPss(little, exponent, subject.signedBytes(), ByteView(slot.signature).first(little.size()));
    });
}

} // namespace

const RootKey *builtInAsk(const Certificate &cek)
{
    for (const RootKey &key : rootKeys())
        if (key.role == "ASK" && !key.sevKeyId.empty() && signs(key, cek))
            return &key;
    return nullptr;
}

const RootKey *pinnedKey(std::string_view role, const CaCertificate &authority)
{
    // Big-endian without leading zeros, as the rows have them.
    Bytes modulus(authority.modulus().rbegin(), authority.modulus().rend());
    modulus.erase(modulus.begin(), std::ranges::find_if(modulus, [](std::uint8_t byte) { return byte != 0; }));
    const bool longExponent = std::ranges::any_of(authority.exponent().subspan(8), [](std::uint8_t byte) { return byte != 0; });
    return longExponent ? nullptr : findRootKey(role, modulus, loadLe<std::uint64_t>(authority.exponent(), 0));
}

} // namespace kastellan::sev::legacy
