// SPDX-License-Identifier: Apache-2.0
#include "app/backends/import_report.h"
#include "app/keepctl/appraisal_text.h"
#include "app/keepctl/commands.h"
#include "app/keepctl/find.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "core/evidence/json.h"
#include "core/keeps/note_record.h"

namespace kastellan::keepctl {

Result<int> keepImportReport(const Invocation &asked, const Context &context)
{
    KASTELLAN_ASSIGN(const KeepStatus status, findKeep(asked.operands.front()));
    KASTELLAN_ASSIGN(Record record, importedReport(status, std::span(asked.operands).subspan(1), *context.backend));
    KASTELLAN_ASSIGN(const auto store, RecordStore::open());
    KASTELLAN_ASSIGN(record.id, store->append(record));
    KASTELLAN_TRY(keeps::noteRecord(status.plan.id, record));
    const bool good = record.appraisal.verdict == Verdict::Trusted || record.appraisal.verdict == Verdict::Authentic;
    if (asked.has("json")) {
        printJson({{"keep", record.keep}, {"record", record.id}, {"appraisal", js::toJson(record.appraisal)}});
    } else {
        print(appraisalSummary(record.appraisal, 1));
        print("record " + record.id + "; see 'keepctl evidence show " + record.id + "'\n");
    }
    return good ? exit_code::done : exit_code::negative;
}

} // namespace kastellan::keepctl
