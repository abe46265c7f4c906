// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/json.h"
#include "core/reports/reports.h"

namespace kastellan {
namespace {

/// Plan and manifest as JSON, so that a program need not parse twice; a text that is none stays a text.
js::Out parsed(const std::string &text)
{
    if (text.empty())
        return nullptr;
    if (!js::parse(text, "text"))
        return text;
    auto value = js::Out::parse(text, nullptr, false);
    return value.is_discarded() ? js::Out(text) : value;
}

} // namespace

std::string recordJson(const Record &record, const EvidenceView *view, const Appraisal *recomputed)
{
    js::Out out = {
        {"schema", "kastellan-record-1"},
        {"verdict", name(record.appraisal.verdict)},
        {"emulated", record.appraisal.emulated},
    };
    const js::Out whole = js::toJson(record);
    for (const auto &[key, value] : whole.items())
        out[key] = key == "plan" ? parsed(record.plan) : key == "manifest" ? parsed(record.manifest) : value;
    if (recomputed)
        out["recomputed"] = js::toJson(*recomputed);
    if (view)
        out["view"] = js::toJson(*view);
    return js::dump(out, 2);
}

} // namespace kastellan
