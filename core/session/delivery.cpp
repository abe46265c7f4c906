// SPDX-License-Identifier: Apache-2.0
#include "core/session/delivery.h"

#include <set>

namespace kastellan {
namespace {

std::uint64_t sizeLimit(std::string_view name)
{
    if (name == "module")
        return moduleSizeLimit;
    if (name == "module.aot")
        return compiledSizeLimit;
    if (name == "configuration" || name.starts_with(secretPrefix))
        return configurationSizeLimit;
    return 0;
}

} // namespace

Status checkDeliveryItems(const std::vector<DeliveryItem> &items)
{
    constexpr const char *what = "accept a delivery";
    std::set<std::string_view> names;
    for (const auto &item : items) {
        const bool secret = item.name.starts_with(secretPrefix);
        if (secret ? !isSecretName(std::string_view(item.name).substr(secretPrefix.size())) : sizeLimit(item.name) == 0)
            return badInput(what, "manifest", "an item's name is not allowed");
        if (item.size > sizeLimit(item.name))
            return badInput(what, item.name,
                "it has " + std::to_string(item.size) + " bytes, and at most " + std::to_string(sizeLimit(item.name)) + " are allowed");
        if (!names.insert(item.name).second)
            return badInput(what, item.name, "it is there twice");
    }
    for (const char *name : {"module", "configuration"})
        if (!names.contains(name))
            return badInput(what, "manifest", std::string("it has no ") + name);
    return {};
}

} // namespace kastellan
