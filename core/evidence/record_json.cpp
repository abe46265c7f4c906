// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/json.h"

namespace kastellan::js {
namespace {

/// Plan and manifest are texts in the store, and JSON in exports; both are read.
std::string textOrJson(Object &object, const char *key)
{
    const In *value = object.find(key);
    if (value && (value->is_object() || value->is_array()))
        return value->dump(-1, ' ', false, In::error_handler_t::replace);
    return object.textOr(key);
}

} // namespace

Out toJson(const Record &record, const Blobs &blobs)
{
    return {
        {"id", record.id},
        {"keep", record.keep},
        {"keep_name", record.keepName},
        {"host", record.host},
        {"kind", record.kind},
        {"created", record.created},
        {"appraisal", toJson(record.appraisal)},
        {"expected", toJson(record.expected)},
        {"binding", record.binding ? toJson(*record.binding) : Out(nullptr)},
        {"evidence", toJson(record.evidence, blobs)},
        {"plan", record.plan},
        {"manifest", record.manifest},
        {"notes", record.notes},
    };
}

Result<Record> recordFrom(const In &value, const std::string &where, const Blobs &blobs)
{
    Object object(value, where);
    Record record;
    record.id = object.text("id");
    record.keep = object.text("keep");
    record.keepName = object.textOr("keep_name");
    record.host = object.textOr("host");
    record.kind = object.text("kind");
    record.created = object.integer("created", INT64_MIN, INT64_MAX);
    record.plan = textOrJson(object, "plan");
    record.manifest = textOrJson(object, "manifest");
    record.notes = object.textOr("notes");
    const In *appraisal = object.find("appraisal");
    const In *expected = object.find("expected");
    const In *evidence = object.find("evidence");
    if (!appraisal)
        object.wrong("appraisal", "it is missing");
    if (!expected)
        object.wrong("expected", "it is missing");
    if (!evidence)
        object.wrong("evidence", "it is missing");
    KASTELLAN_TRY(object.status());
    KASTELLAN_ASSIGN(record.appraisal, appraisalFrom(*appraisal, object.place("appraisal")));
    KASTELLAN_ASSIGN(record.expected, referenceValuesFrom(*expected, object.place("expected")));
    KASTELLAN_ASSIGN(record.evidence, evidenceFrom(*evidence, object.place("evidence"), blobs));
    if (const In *binding = object.find("binding"); binding && !binding->is_null()) {
        KASTELLAN_ASSIGN(record.binding, bindingFrom(*binding, object.place("binding")));
    }
    return record;
}

Out toJson(const RecordSummary &summary)
{
    return {
        {"id", summary.id},
        {"keep", summary.keep},
        {"keep_name", summary.keepName},
        {"host", summary.host},
        {"kind", summary.kind},
        {"created", summary.created},
        {"verdict", summary.verdict},
        {"emulated", summary.emulated},
    };
}

} // namespace kastellan::js
