// SPDX-License-Identifier: Apache-2.0
// A platform in core's words.
#pragma once

#include "sev-backend/firmware/situation.h"

namespace kastellan::sev {

/// Everything that can be read without changing anything. What can't be read is among its problems.
[[nodiscard]] PlatformView viewOf(const PlatformSurroundings &host, const Situation &now);
/// Where AMD has the certificates of this chip: VCEK, chains, revocation lists, legacy CEK and authorities. `id` may be empty.
[[nodiscard]] std::vector<PlatformFact> certificateAddresses(
    const PlatformModel &model, ByteView id, const std::optional<TcbVersion> &reported);
/// What takes the place of these for the emulated platform: AMD does not know its chip, it hands its certificates out itself.
[[nodiscard]] std::vector<PlatformFact> ownCertificates(std::string_view host, bool hasReports);
/// The legacy chain with who signed what: PDH, PEK, OCA, CEK, ASK, ARK.
[[nodiscard]] std::vector<CertificateView> ownershipViews(const std::vector<Endorsement> &chain, bool emulated);
/// PEK, OCA and CEK out of what PDH_CERT_EXPORT yields, with the PDH, and what is known of CEK, ASK and ARK elsewhere.
[[nodiscard]] Result<std::vector<Endorsement>> ownershipChain(const ExportedChain &exported, const CertificateSources &sources);

[[nodiscard]] TcbColumn columnOf(std::string name, const TcbVersion &tcb);

} // namespace kastellan::sev
