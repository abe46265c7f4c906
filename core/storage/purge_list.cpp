// SPDX-License-Identifier: Apache-2.0
#include "core/storage/purge_list.h"

#include "core/evidence/json.h"

namespace kastellan::storage {

std::string purgeListText(const std::vector<PurgedRecord> &purged)
{
    js::Out list = js::Out::array();
    for (const auto &one : purged) {
        js::Out entry = js::toJson(one.summary);
        entry["number"] = one.number;
        entry["hash"] = toHex(one.hash.view());
        list.push_back(std::move(entry));
    }
    return js::dump({{"schema", "kastellan-purge-1"}, {"purged", std::move(list)}});
}

Result<std::vector<PurgedRecord>> readPurgeList(std::string_view text, const std::string &where)
{
    KASTELLAN_ASSIGN(const js::In value, js::parse(text, where));
    js::Object object(value, where);
    if (object.text("schema") != "kastellan-purge-1")
        object.wrong("schema", "it is not kastellan-purge-1");
    std::vector<PurgedRecord> purged;
    const js::In *list = object.find("purged");
    if (!list || !list->is_array())
        object.wrong("purged", "it is no list");
    KASTELLAN_TRY(object.status());
    for (std::size_t i = 0; i < list->size(); ++i) { // as long as a store is: Object::each would stop before
        js::Object entry((*list)[i], where + ".purged[" + std::to_string(i) + "]");
        PurgedRecord one;
        one.number = entry.integer("number", 1, INT64_MAX);
        one.hash = entry.fixedRequired<Sha256>("hash");
        one.summary.id = entry.text("id");
        one.summary.keep = entry.textOr("keep");
        one.summary.keepName = entry.textOr("keep_name");
        one.summary.host = entry.textOr("host");
        one.summary.kind = entry.textOr("kind");
        one.summary.verdict = entry.textOr("verdict");
        one.summary.created = entry.integerOr("created", 0, INT64_MIN, INT64_MAX);
        one.summary.emulated = entry.flagOr("emulated", false);
        KASTELLAN_TRY(entry.status());
        purged.push_back(std::move(one));
    }
    return purged;
}

} // namespace kastellan::storage
