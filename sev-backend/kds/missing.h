// SPDX-License-Identifier: Apache-2.0
// Endorsements that a report lacks, from the certificate store, the cache of the key server, and, if asked for, the key server itself.
//
//     KASTELLAN_ASSIGN(auto finder, EndorsementFinder::open(asked.has("fetch"), say));
//     const Completed completed = finder->complete(evidence, stop);   // adds to evidence.endorsements
//
// Call it after `recognise` and before `appraise`, for each piece of evidence. It never fails: what could not be found is in
// `completed.missing` with its reason, and the appraisal then says what is unknown. It judges nothing, it only looks things up.
#pragma once

#include "core/evidence/evidence.h"
#include "sev-backend/kds/key_server.h"

#include <memory>

namespace kastellan::sev {

/// What was added and what was not found.
struct Completed {
    std::vector<std::string> added; ///< "vcek: from the certificate store"
    std::vector<std::string> missing; ///< "crl: it is not in the cache…", with what to do
};

class EndorsementFinder {
public:
    /// With the user's certificate store, if there is one, and the usual settings of the key server. Unless `fetch`, nothing leaves the
    /// machine, and nothing is written. An error when the store is there and cannot be opened.
    [[nodiscard]] static Result<std::unique_ptr<EndorsementFinder>> open(bool fetch, kds::Saying say = {});
    /// With parts of the caller's own; `certificates` is what a store would hold, `server` may be null.
    EndorsementFinder(
        std::vector<StoredCertificate> certificates, std::unique_ptr<kds::Transport> transport, std::unique_ptr<kds::KeyServer> server);
    ~EndorsementFinder();

    /// Adds what is missing of VCEK or VLEK, ASK or ASVK and ARK to an SNP report, and the newest CRL that is known here even where one
    /// came with it; other kinds of evidence are left alone. A masked chip id, or a VLEK, is found by which stored key verifies the report.
    [[nodiscard]] Completed complete(Evidence &evidence, const std::stop_token &stop = {});

private:
    void fromStore(Evidence &evidence, Completed &completed) const;
    void fromServer(Evidence &evidence, Completed &completed, const std::stop_token &stop);
    std::vector<StoredCertificate> m_certificates;
    std::unique_ptr<kds::Transport> m_transport;
    std::unique_ptr<kds::KeyServer> m_server;
};

} // namespace kastellan::sev
