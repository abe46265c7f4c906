// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/evidence.h"
#include "sev-backend/certificates/chain.h"
#include "sev-backend/certificates/crl.h"
#include "sev-backend/certificates/p384.h"
#include "sev-backend/certificates/vek_extensions.h"

namespace kastellan::sev {

/// All that follows from some endorsements alone, whatever the report and the time: read and verified once.
struct ChainState {
    std::optional<Certificate> ark, ask, leaf;
    std::vector<std::string> missing; ///< roles that are not there
    Faults unreadable; ///< endorsements that can't be read, or contradict each other
    RootIdentity root; ///< Unknown without an ARK
    Faults signatures, names, constraints; ///< only of what is there
    bool arkSigned = false, askSigned = false, leafSigned = false;
    bool vlek = false;
    std::optional<VekExtensions> extensions;
    std::string extensionsProblem; ///< why there are none
    std::optional<P384Key> key; ///< the leaf's
    std::vector<RevocationList> crls; ///< of the root, by its signature; without a root: all that can be read
    Faults crlProblems; ///< a list is unreadable, or claims to be the root's and is not
    std::size_t foreignCrls = 0; ///< lists of other issuers
    Faults revoked; ///< authorities that a list names
    bool leafRevoked = false; ///< by its serial number
    bool leafNumberless = false; ///< serial number 0, as AMD gives every VCEK: a list can't tell it from another

    std::optional<Chain> chain; ///< all three, when all are there
};
[[nodiscard]] ChainState readChain(const std::vector<Endorsement> &endorsements);

} // namespace kastellan::sev
