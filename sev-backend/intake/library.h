// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/intake/parts.h"

#include <map>

namespace kastellan::sev::intake {

/// Endorsements that were read, found by what they are about.
class Library final : public EndorsementPool {
public:
    Library(std::vector<X509Part> certificates, std::vector<CrlPart> lists, std::vector<SevPart> sev);
    [[nodiscard]] std::size_t size() const override { return m_certificates.size() + m_lists.size() + m_sev.size(); }

    [[nodiscard]] const std::vector<X509Part> &certificates() const { return m_certificates; }
    [[nodiscard]] const std::vector<CrlPart> &lists() const { return m_lists; }
    [[nodiscard]] const std::vector<SevPart> &sev() const { return m_sev; }
    /// VCEKs of the chip with this id, as the report has it; of a masked id none.
    [[nodiscard]] std::vector<const X509Part *> leavesOf(ByteView chipId) const;
    /// All VCEKs and VLEKs.
    [[nodiscard]] const std::vector<const X509Part *> &leaves() const { return m_leaves; }
    [[nodiscard]] const std::vector<const X509Part *> &authorities() const { return m_authorities; } ///< ASK, ASVK
    [[nodiscard]] const std::vector<const X509Part *> &roots() const { return m_roots; }
    /// The lists that this root signed. Remembered for the library's own roots.
    [[nodiscard]] std::vector<const CrlPart *> listsOf(const Certificate &root) const;

private:
    std::vector<X509Part> m_certificates;
    std::vector<CrlPart> m_lists;
    std::vector<SevPart> m_sev;
    std::vector<const X509Part *> m_leaves, m_authorities, m_roots;
    std::multimap<Bytes, const X509Part *> m_byChip; ///< by the first 8 bytes of the hardware id
    std::map<Sha256, std::vector<const CrlPart *>> m_signed; ///< by the root's fingerprint
};

/// How much is tried and copied to find out what belongs together: hostile files hold many that look alike.
class Budget {
public:
    /// What is compared of one kind for one piece of evidence.
    static constexpr std::size_t mostCompared = 1024;
    /// False when there is nothing left to spend.
    [[nodiscard]] bool take()
    {
        m_spent = m_spent || m_left == 0;
        return m_left > 0 && m_left-- > 0;
    }
    /// Whether so many bytes of lists may be copied for one more piece of evidence.
    [[nodiscard]] bool copy(std::size_t bytes)
    {
        m_spent = m_spent || bytes > m_bytes;
        return bytes <= m_bytes && (m_bytes -= bytes, true);
    }
    [[nodiscard]] bool spent() const { return m_spent; }

private:
    std::size_t m_left = 20'000, m_bytes = std::size_t{256} << 20;
    bool m_spent = false;
};

/// Gives each piece of evidence its endorsements: first of the files' own, then of the pool. `all` is false if there was too much to try;
/// what it was too much for then stands without endorsements, so that no list is passed over.
[[nodiscard]] std::vector<FoundEvidence> assemble(Parts parts, const Library *pool, bool &all);

// Its two halves.
void assembleSnp(
    std::vector<FoundEvidence> &into, const std::vector<EvidencePart> &reports, const Library &own, const Library *pool, Budget &budget);
void assembleSev(std::vector<FoundEvidence> &into, const std::vector<EvidencePart> &reports, const std::vector<EvidencePart> &measures,
    const Library &own, const Library *pool, Budget &budget);

} // namespace kastellan::sev::intake
