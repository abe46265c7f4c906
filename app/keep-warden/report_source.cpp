// SPDX-License-Identifier: Apache-2.0
#include "app/keep-warden/report_source.h"

#include "sev-backend/abi/report.h"

namespace kastellan::warden {

// What the launcher bound into this keep: nobody with another key can be its owner.
Result<Sha256> ReportSource::ownerKey()
{
    KASTELLAN_ASSIGN(const Bytes bytes, report({}));
    KASTELLAN_ASSIGN(const auto view, sev::ReportView::from(bytes));
    Sha256 key;
    key.bytes = view.hostData().bytes;
    if (key.isZero())
        return fail(ErrorKind::Negative, "learn who owns this keep", "host_data", "it is empty", "Launch the keep with an owner key.");
    return key;
}

} // namespace kastellan::warden
