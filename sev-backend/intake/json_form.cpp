// SPDX-License-Identifier: Apache-2.0
// JSON: exported records of this program, and any other that holds evidence as values (query-sev-capabilities, virt-qemu-qmp-proxy,
// cloud metadata services).
#include "core/evidence/json.h"
#include "sev-backend/intake/parts.h"

namespace kastellan::sev::intake {
namespace {

constexpr std::size_t jsonLimit = std::size_t{8} << 20; ///< a value takes many times its text in memory
constexpr std::size_t shortestValue = 43; // 32 bytes in base64

/// Looks at every text in a value. Nesting is bounded by the parser.
bool lookValues(Looker &looker, const Part &part, const js::In &value, const std::string &key)
{
    if (value.is_string()) {
        const auto &text = value.get_ref<const std::string &>();
        if (text.size() < shortestValue || !looker.spend(part, 1, text.size()))
            return false;
        Part inner = part.derived(asBytes(text), key.empty() ? "a value" : key);
        inner.key = key;
        return lookText(looker, inner);
    }
    bool any = false;
    if (value.is_object())
        for (const auto &[name, member] : value.items())
            any |= lookValues(looker, part, member, name == "base64" ? key : name);
    if (value.is_array())
        for (const auto &element : value)
            any |= lookValues(looker, part, element, key);
    return any;
}

} // namespace

bool lookJson(Looker &looker, const Part &part)
{
    std::string_view text = asText(part.bytes);
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || (text[first] != '{' && text[first] != '['))
        return false;
    const auto value = js::parse(text, part.file, jsonLimit);
    if (!value) {
        if (text[first] == '{')
            looker.reason("it begins as JSON: " + value.error().why);
        return false;
    }
    const auto member = [](const js::In &object, const char *name) -> const js::In * {
        const auto at = object.is_object() ? object.find(name) : object.end();
        return object.is_object() && at != object.end() ? &*at : nullptr;
    };
    const js::In *schema = member(*value, "schema"), *evidence = member(*value, "evidence");
    const bool record = evidence && schema && schema->is_string() && schema->get_ref<const std::string &>().starts_with("kastellan-record");
    // Of a record its evidence alone: what else it holds was computed of that, or says what was expected.
    const bool any = lookValues(looker, part, record ? *evidence : *value, {});
    if (any)
        looker.found(
            part, part.bytes.size(), record ? "kastellan-record" : "json", record ? "an exported record" : "JSON with evidence in it");
    else
        looker.reason("it is JSON, and none of its values is evidence");
    return any;
}

} // namespace kastellan::sev::intake
