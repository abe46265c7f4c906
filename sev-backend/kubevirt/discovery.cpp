// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/kubevirt/discovery.h"

#include "core/evidence/json.h"

#include <algorithm>

namespace kastellan::sev::kubevirt {
namespace {

using js::In;
constexpr auto reading = "read the cluster's schema";
constexpr std::size_t mostFields = 100;

const In *member(const In *value, const std::string &key)
{
    if (!value || !value->is_object())
        return nullptr;
    const auto found = value->find(key);
    return found == value->end() ? nullptr : &*found;
}

std::string text(const In *value)
{
    return value && value->is_string() ? value->get<std::string>() : std::string();
}

/// Follows "$ref" and an "allOf" of one.
const In *followed(const In *schema, const In &schemas)
{
    for (int depth = 0; schema && depth < 16; ++depth) {
        if (const In *all = member(schema, "allOf"); all && all->is_array() && all->size() == 1) {
            schema = &all->front();
            continue;
        }
        const std::string reference = text(member(schema, "$ref"));
        constexpr std::string_view prefix = "#/components/schemas/";
        if (!reference.starts_with(prefix))
            return schema;
        schema = member(&schemas, reference.substr(prefix.size()));
    }
    return nullptr;
}

const In *property(const In *schema, const std::string &name, const In &schemas)
{
    return followed(member(member(schema, "properties"), name), schemas);
}

/// The schema of the kind, by what it says of itself or by its name.
const In *schemaOfVmi(const In &schemas)
{
    for (const auto &[name, schema] : schemas.items()) {
        const In *kinds = member(&schema, "x-kubernetes-group-version-kind");
        if (kinds && kinds->is_array())
            for (const auto &kind : *kinds)
                if (text(member(&kind, "group")) == "kubevirt.io" && text(member(&kind, "kind")) == "VirtualMachineInstance")
                    return &schema;
    }
    return member(&schemas, "io.kubevirt.v1.VirtualMachineInstance");
}

std::optional<std::map<std::string, std::string>> fieldsOf(const In *security, const char *technology, const In &schemas)
{
    const In *schema = property(security, technology, schemas);
    if (!schema)
        return std::nullopt;
    std::map<std::string, std::string> fields;
    if (const In *properties = member(schema, "properties"); properties && properties->is_object())
        for (const auto &[name, field] : properties->items()) {
            if (fields.size() >= mostFields)
                break;
            fields.emplace(name, text(member(followed(&field, schemas), "type")));
        }
    return fields;
}

} // namespace

Result<ServerSchema> parseSchema(std::string_view openapi)
{
    KASTELLAN_ASSIGN(const In value, js::parse(openapi, "the cluster's schema", schemaLimit));
    const In *schemas = member(member(&value, "components"), "schemas");
    const In *vmi = schemas && schemas->is_object() ? schemaOfVmi(*schemas) : nullptr;
    if (!vmi)
        return environment(reading, "components.schemas", "it has no VirtualMachineInstance", "Is it KubeVirt that answers?");
    ServerSchema schema;
    schema.read = true;
    const In *domain = property(property(followed(vmi, *schemas), "spec", *schemas), "domain", *schemas);
    const In *security = property(domain, "launchSecurity", *schemas);
    schema.launchSecurity = security != nullptr;
    schema.sev = fieldsOf(security, "sev", *schemas);
    schema.snp = fieldsOf(security, "snp", *schemas);
    return schema;
}

Result<std::vector<std::string>> parseSubresources(std::string_view list)
{
    KASTELLAN_ASSIGN(const In value, js::parse(list, "the cluster's list of resources", std::size_t{4} << 20));
    const In *resources = member(&value, "resources");
    if (!resources || !resources->is_array())
        return environment(reading, "resources", "it is no list of resources");
    std::vector<std::string> found;
    constexpr std::string_view prefix = "virtualmachineinstances/";
    for (const auto &resource : *resources)
        if (const std::string name = text(member(&resource, "name")); name.starts_with(prefix) && found.size() < mostFields)
            found.push_back(name.substr(prefix.size()));
    return found;
}

ApiResult<ServerSchema> discover(Api &api, const std::stop_token &stop)
{
    Call call;
    call.what = "look what the cluster offers";
    call.resource = "virtualmachineinstances";
    call.path = "/apis/kubevirt.io/v1";
    auto there = api.ask(call, stop);
    if (!there)
        return std::unexpected(there.error());

    std::vector<std::string> subresources;
    call.path = "/apis/subresources.kubevirt.io/v1";
    if (const auto list = api.ask(call, stop)) {
        if (auto parsed = parseSubresources(*list))
            subresources = std::move(*parsed);
    } else if (list.error().status == 0) {
        return std::unexpected(list.error());
    }

    ServerSchema schema;
    call.path = "/openapi/v3";
    auto index = api.ask(call, stop);
    std::string path;
    if (index) {
        if (const auto parsed = js::parse(*index, "the cluster's list of schemas", call.limit))
            path = text(member(member(member(&*parsed, "paths"), "apis/kubevirt.io/v1"), "serverRelativeURL"));
        // A path of this server: it is no address of another one.
        if (!path.starts_with("/openapi/v3/") || std::ranges::any_of(path, [](unsigned char c) { return c <= ' ' || c >= 0x7f; }))
            schema.why = "the cluster tells no schema of kubevirt.io/v1";
    } else if (index.error().status == 0) {
        return std::unexpected(index.error());
    } else {
        schema.why = index.error().error.why;
    }
    if (schema.why.empty()) {
        call.path = path;
        call.limit = schemaLimit;
        const auto document = api.ask(call, stop);
        if (!document && document.error().status == 0)
            return std::unexpected(document.error());
        auto parsed = document ? parseSchema(*document) : Result<ServerSchema>(std::unexpected(document.error().error));
        if (parsed)
            schema = std::move(*parsed);
        else
            schema.why = parsed.error().why;
    }
    schema.subresources = std::move(subresources);
    return schema;
}

} // namespace kastellan::sev::kubevirt
