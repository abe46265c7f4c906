// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/kubevirt/vmi_state.h"

#include "core/evidence/json.h"
#include "sev-backend/kubevirt/api.h"

#include <algorithm>

namespace kastellan::sev::kubevirt {
namespace {

using js::In;
constexpr std::size_t objectLimit = watchLineLimit;
constexpr std::size_t mostConditions = 32;

const In *member(const In *value, const char *key)
{
    if (!value || !value->is_object())
        return nullptr;
    const auto found = value->find(key);
    return found == value->end() ? nullptr : &*found;
}

std::string text(const In *value)
{
    return value && value->is_string() ? said(value->get_ref<const std::string &>()) : std::string();
}

/// Goes into an address again: what could be more than a word there is none.
std::string version(const In *value)
{
    std::string given = text(value);
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    return given.size() <= 100 && std::ranges::all_of(given, plain) ? given : std::string();
}

VmiState stateOf(const In &object)
{
    VmiState state;
    const In *metadata = member(&object, "metadata"), *status = member(&object, "status");
    state.name = text(member(metadata, "name"));
    state.uid = text(member(metadata, "uid"));
    state.resourceVersion = version(member(metadata, "resourceVersion"));
    state.deleting = !text(member(metadata, "deletionTimestamp")).empty();
    state.phase = text(member(status, "phase"));
    state.node = text(member(status, "nodeName"));
    state.reason = text(member(status, "reason"));
    if (const In *security = member(member(member(&object, "spec"), "domain"), "launchSecurity"))
        state.launchSecurity = security->dump(-1, ' ', false, In::error_handler_t::replace);
    if (const In *conditions = member(status, "conditions"); conditions && conditions->is_array())
        for (const auto &condition : *conditions)
            if (state.conditions.size() < mostConditions)
                state.conditions.push_back({text(member(&condition, "type")), text(member(&condition, "status")),
                    text(member(&condition, "reason")), text(member(&condition, "message"))});
    return state;
}

Result<In> object(std::string_view json)
{
    auto value = js::parse(json, "what the cluster says", objectLimit);
    if (value && !value->is_object())
        return badInput("read what the cluster says", {}, "it is no object");
    return value;
}

} // namespace

bool VmiState::paused() const
{
    for (const auto &condition : conditions)
        if (condition.type == "Paused" && condition.status == "True")
            return true;
    return false;
}

std::string VmiState::sentence() const
{
    std::string text = gone ? "it was deleted" : phase.empty() ? "not looked at by KubeVirt yet" : phase;
    if (!reason.empty())
        text += ": " + reason;
    // Those that say what is missing; what is well says nothing, and that a keep can't be moved is known.
    for (const auto &condition : conditions)
        if (!condition.message.empty() && !condition.type.contains("Migratable")
            && condition.status == (condition.type == "Failure" ? "True" : "False"))
            text += "; " + condition.type + ": " + (condition.reason.empty() ? "" : condition.reason + ": ") + condition.message;
    return text;
}

Result<VmiState> parseVmi(std::string_view json)
{
    KASTELLAN_ASSIGN(const In value, object(json));
    return stateOf(value);
}

Result<WatchEvent> parseWatchEvent(std::string_view line)
{
    KASTELLAN_ASSIGN(const In value, object(line));
    const std::string type = text(member(&value, "type"));
    const In *about = member(&value, "object");
    if (!about || !about->is_object())
        return badInput("read what the cluster says", {}, "an event is about nothing");
    WatchEvent event;
    if (type == "ERROR") {
        const In *code = member(about, "code");
        event.code = code && code->is_number_integer() ? code->get<long>() : 0;
        event.message = text(member(about, "message"));
        event.kind =
            event.code == 410 || text(member(about, "reason")) == "Expired" ? WatchEvent::Kind::Expired : WatchEvent::Kind::Failure;
        return event;
    }
    event.state = stateOf(*about);
    if (type == "BOOKMARK")
        event.kind = WatchEvent::Kind::Bookmark;
    else if (type == "DELETED")
        event.kind = WatchEvent::Kind::Gone;
    else if (type != "ADDED" && type != "MODIFIED")
        return badInput("read what the cluster says", {}, "an event is of the unknown type '" + type.substr(0, 40) + "'");
    event.state.gone = event.kind == WatchEvent::Kind::Gone;
    return event;
}

Result<VmiList> parseVmiList(std::string_view json, std::string_view name)
{
    KASTELLAN_ASSIGN(const In value, object(json));
    VmiList list;
    list.resourceVersion = version(member(member(&value, "metadata"), "resourceVersion"));
    const In *items = member(&value, "items");
    if (!items || !items->is_array())
        return badInput("read what the cluster says", {}, "it is no list");
    for (const auto &item : *items) {
        VmiState state = stateOf(item);
        if (state.name == name)
            list.vmi = std::move(state);
    }
    return list;
}

} // namespace kastellan::sev::kubevirt
