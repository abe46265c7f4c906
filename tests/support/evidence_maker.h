// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/evidence.h"
#include "sev-backend/emulator/report_maker.h"
#include "tests/support/emulated_identity.h"

#include <ctime>

namespace kastellan::test {

inline constexpr std::int64_t day = 86400;

/// What a made piece of evidence is like.
struct EvidenceShape {
    const sev::Profile *profile = &sev::defaultProfile(); ///< Milan, Genoa or Turin: TCB layout, chip id, structVersion, fmcSPL
    std::uint32_t version = 5; ///< 2 to 5
    bool masked = false; ///< no chip id in the report
    bool vlek = false; ///< an ASVK and a VLEK with a CSP id and no hardware id
};

/// Genuine evidence of an emulated platform, with the keys at hand, so that a test can bend any part of it and sign again.
class EvidenceMaker {
public:
    explicit EvidenceMaker(const EvidenceShape &shape = {});

    Evidence evidence; ///< leaf, ASK or ASVK, ARK, in this order; then what was added
    ReferenceValues expected; ///< root and launch digest

    [[nodiscard]] const sev::Profile &profile() const { return *m_shape.profile; }
    [[nodiscard]] const sev::Identity &identity() const { return m_processor->identity(); }
    /// Whose intermediate certifies the leaf: with a VLEK that is the ASVK.
    [[nodiscard]] const sev::Authority &authority() const { return m_vlekAuthority ? *m_vlekAuthority : identity().authority(); }
    /// The leaf's content, for bending, and its certificate made anew (by the chip's key, or another).
    [[nodiscard]] sev::Authority::Leaf leaf() const;
    void certify(const sev::Authority::Leaf &leaf);
    void certify(const sev::Authority::Leaf &leaf, const sev::P384PrivateKey &key);
    /// Changes bytes of the report and signs it again, as a firmware gone wrong would.
    template <typename T>
    void write(std::size_t offset, T value)
    {
        storeLe<T>(evidence.report, offset, value);
        sign();
    }
    void writeBytes(std::size_t offset, ByteView bytes);
    void sign() { sev::signReport(evidence.report, identity().vcekKey()); }
    [[nodiscard]] sev::ReportView report() const { return *sev::ReportView::from(evidence.report); }
    /// A revocation list of the root, or of another one's, added to the endorsements. Times count from now.
    void addList(const std::vector<std::uint64_t> &serials, std::int64_t from = -day, std::int64_t until = day);
    void addListOf(const EvidenceMaker &other);
    /// Serial numbers of the ASK (or ASVK) and ARK, as their certificates have them.
    [[nodiscard]] std::uint64_t askSerial() const;

private:
    EvidenceShape m_shape;
    std::unique_ptr<sev::Processor> m_processor;
    std::optional<sev::Authority> m_vlekAuthority;
};

} // namespace kastellan::test
