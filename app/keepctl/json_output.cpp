// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/json_output.h"

#include "app/keepctl/output.h"
#include "core/evidence/json.h"

namespace kastellan::keepctl {

namespace {

std::string_view kindName(ErrorKind kind)
{
    switch (kind) {
    case ErrorKind::Input:
        return "input";
    case ErrorKind::Environment:
        return "environment";
    case ErrorKind::Negative:
        return "negative";
    case ErrorKind::Cancelled:
        return "cancelled";
    case ErrorKind::Internal:
        break;
    }
    return "internal";
}

/// Text that this program made itself a moment ago; were it broken, the text itself is shown.
js::Out parsed(const std::string &text)
{
    js::Out value = js::Out::parse(text, nullptr, false);
    return value.is_discarded() ? js::Out(text) : value;
}

} // namespace

void printJson(const js::Out &value)
{
    print(js::dump(value, 2) + "\n");
}

js::Out toJson(const Error &error)
{
    return {{"kind", kindName(error.kind)}, {"what", error.what}, {"where", error.where}, {"why", error.why}, {"remedy", error.remedy},
        {"message", error.message()}};
}

js::Out planJson(const LaunchPlan &plan)
{
    return parsed(toJson(plan));
}

js::Out statusJson(const KeepStatus &status)
{
    js::Out value = parsed(toJson(status));
    if (value.is_object()) {
        value["loader_alive"] = status.loaderAlive;
        value["warden_alive"] = status.wardenAlive;
    }
    return value;
}

} // namespace kastellan::keepctl
