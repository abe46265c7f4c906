// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/evidence.h"

#include "core/base/digest.h"

namespace kastellan {

namespace {
ReportData reportData(const Sha512 &digest)
{
    ReportData data;
    data.bytes = digest.bytes;
    return data;
}
} // namespace

ReportData Binding::attestData() const
{
    return reportData(sha512({asBytes("kastellan-attest-1"), nonce.view(), exporter.view(), wardenKey.view(), keep.view()}));
}

ReportData Binding::deliverData() const
{
    // Without its inputs there is nothing that a report could rightly carry, so the answer fits no report at all.
    if (!first || !manifest)
        return randomFixed<ReportData>();
    return reportData(sha512({asBytes("kastellan-deliver-1"), first->view(), manifest->view()}));
}

} // namespace kastellan
