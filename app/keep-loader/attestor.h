// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/launcher.h"
#include "core/storage/record_store.h"

#include <memory>

namespace kastellan::loader {

/// Appraises reports of one keep and writes the records. A record is on disk before anybody learns its verdict.
class Attestor {
public:
    Attestor(const LaunchPlan &plan, std::shared_ptr<EvidenceBackend> backend, std::unique_ptr<RecordStore> store);

    enum class Kind { Attest, Deliver, Reattest };
    struct Delivered {
        Bytes manifest; ///< canonical
        std::string execution; ///< "interpreter" or "aot"
    };
    /// `delivered` is what the keep holds by now, if anything. Fails when the record cannot be written: nothing may follow then.
    [[nodiscard]] Result<Record> appraise(
        Kind kind, Bytes report, const Binding &binding, const RunningKeep &keep, const std::optional<Delivered> &delivered);
    /// A line of the activity log; what cannot be written is not worth a keep's life, and is returned for the keep's own log.
    [[nodiscard]] Status log(std::string_view what, std::string_view outcome);

private:
    [[nodiscard]] Finding workloadFinding(const std::vector<Finding> &others, const std::optional<Delivered> &delivered) const;

    LaunchPlan m_plan;
    std::shared_ptr<EvidenceBackend> m_backend;
    std::unique_ptr<RecordStore> m_store;
};

} // namespace kastellan::loader
