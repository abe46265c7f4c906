// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/activity.h"
#include "app/keepctl/commands.h"
#include "app/keepctl/find.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "core/evidence/json.h"

namespace kastellan::keepctl {

namespace {

js::Out toJson(const KeyInfo &key)
{
    return {{"name", key.name}, {"use", key.use}, {"fingerprint", key.fingerprint}, {"created", key.created}, {"public", key.publicPem}};
}

void show(const Invocation &asked, const KeyInfo &key)
{
    if (asked.has("json"))
        printJson(toJson(key));
    else
        print(facts({{"key", key.name}, {"use", key.use}, {"fingerprint", key.fingerprint}, {"created", timeText(key.created)}})
            + key.publicPem);
}

} // namespace

Result<int> keysList(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const auto all, keys::list());
    js::Out list = js::Out::array();
    Table table({"KEY", "USE", "CREATED", "FINGERPRINT"});
    for (const KeyInfo &key : all) {
        list.push_back(toJson(key));
        table.add({key.name, key.use, timeText(key.created), key.fingerprint});
    }
    if (asked.has("json"))
        printJson({{"keys", std::move(list)}});
    else
        print(table.text(1));
    return exit_code::done;
}

Result<int> keysCreate(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const KeyInfo key, keys::create(asked.operands.front(), "owner"));
    logActivity("create key", key.name, "done");
    show(asked, key);
    return exit_code::done;
}

Result<int> keysShow(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const KeyInfo key, findKey(asked.operands.front()));
    show(asked, key);
    return exit_code::done;
}

Result<int> keysRemove(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const KeyInfo key, findKey(asked.operands.front()));
    if (key.name != asked.operands.front() && key.fingerprint != asked.operands.front())
        return badInput(
            "remove the key", asked.operands.front(), "a key is removed by its whole name or fingerprint only", "Write " + key.name + ".");
    KASTELLAN_TRY(keys::remove(key.name));
    logActivity("remove key", key.name, "done");
    note("keepctl: removed the key " + inLine(key.name) + "\n");
    return exit_code::done;
}

} // namespace kastellan::keepctl
