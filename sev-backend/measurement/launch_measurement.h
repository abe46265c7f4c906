// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "sev-backend/abi/page_info.h"

#include <functional>

namespace kastellan::sev {

/// The launch digest while it grows, page by page, as the SNP firmware computes it (SEV-SNP firmware ABI 1.58, section
/// 8.17, PAGE_INFO): digest = SHA-384(PAGE_INFO with the digest so far), beginning with zeros. The emulated firmware and
/// the computation of reference values both use this class.
class LaunchMeasurement {
public:
    LaunchMeasurement() = default;
    /// Continues from a digest, for example that of a firmware image.
    explicit LaunchMeasurement(const LaunchDigest &digest)
        : m_digest(digest)
    {
    }
    /// Pages with contents (NORMAL, VMSA), laid out from `gpa` upwards; the length is a multiple of 4096. Every page of
    /// type VMSA is measured at the address given, whatever its number.
    void addPages(PageType type, std::uint64_t gpa, ByteView pages);
    /// Pages of which only the address is measured (ZERO, UNMEASURED, SECRETS, CPUID).
    void addAddresses(PageType type, std::uint64_t gpa, std::uint64_t count);
    /// One page by the SHA-384 of its contents (zeros where the address alone is measured).
    void addHashed(PageType type, std::uint64_t gpa, const Sha384 &contents);
    [[nodiscard]] const LaunchDigest &digest() const { return m_digest; }

    using Observer = std::function<void(PageType type, std::uint64_t gpa, const Sha384 &contents, const LaunchDigest &after)>;
    /// Is told of every page from now on.
    void observe(Observer observer) { m_observer = std::move(observer); }

private:
    LaunchDigest m_digest;
    Observer m_observer;
};

} // namespace kastellan::sev
