// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/launcher.h"
#include "core/storage/record_store.h"
#include "sev-backend/appraisal/overrides.h"

#include <memory>

namespace kastellan::loader {

using sev::launchedUnattested;

/// Appraises reports of one keep and writes the records. A record is on disk before anybody learns its verdict.
class Attestor {
public:
    Attestor(const LaunchPlan &plan, std::shared_ptr<EvidenceBackend> backend, std::unique_ptr<RecordStore> store);

    enum class Kind { Launch, Attest, Deliver, Reattest };
    struct Delivered {
        Bytes manifest; ///< canonical
        std::string execution; ///< "interpreter" or "aot"
    };
    /// What backs reports and did not come from the host.
    void setEndorsements(std::vector<Endorsement> endorsements) { m_endorsements = std::move(endorsements); }
    /// `delivered` is what the keep holds by now, if anything. Fails when the record cannot be written: nothing may follow then.
    [[nodiscard]] Result<Record> appraise(
        Kind kind, Bytes report, const Binding &binding, const RunningKeep &keep, const std::optional<Delivered> &delivered);
    /// What the firmware says of a keep that waits for its owner (SEV, SEV-ES), before it runs. Later answers of the keep are codes then,
    /// and their records carry this evidence.
    [[nodiscard]] Result<Record> appraiseLaunch(Evidence evidence, const RunningKeep &keep);
    /// A whole virtual machine that reports nothing from here: what is known of it, undecided until a report is imported.
    [[nodiscard]] Result<Record> appraiseWhole(const RunningKeep &keep);
    /// A record of this keep that was written elsewhere, by its id: of an imported report, and of no other kind.
    [[nodiscard]] Result<Record> imported(const std::string &record) const;
    /// The same evidence from the record that was written then, for a loader that takes over.
    [[nodiscard]] Status recallLaunch(const std::string &record);
    /// A line of the activity log; what cannot be written is not worth a keep's life, and is returned for the keep's own log.
    [[nodiscard]] Status log(std::string_view what, std::string_view outcome);

private:
    [[nodiscard]] Finding workloadFinding(const std::vector<Finding> &others, const std::optional<Delivered> &delivered) const;

    [[nodiscard]] Record begin(Kind kind) const;
    [[nodiscard]] Finding codeFinding(ByteView answer, const ReportData &data, const RunningKeep &keep) const;
    [[nodiscard]] Finding demandedPolicy(const Evidence &launch) const;
    void ownersWord(Finding &workload, bool answered, bool delivered) const;
    /// Adds what is known of every record, decides, writes it down, and pins the host.
    [[nodiscard]] Result<Record> finish(Record record, const RunningKeep &keep, const std::optional<Delivered> &delivered);

    LaunchPlan m_plan;
    std::optional<Evidence> m_launch; ///< of a keep that was measured before it ran
    std::vector<Endorsement> m_endorsements;
    std::shared_ptr<EvidenceBackend> m_backend;
    std::unique_ptr<RecordStore> m_store;
};

} // namespace kastellan::loader
