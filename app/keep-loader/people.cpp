// SPDX-License-Identifier: Apache-2.0
#include "people.h"

#include "core/workload/workload.h"

#include <nlohmann/json.hpp>

#include <pwd.h>
#include <unistd.h>

namespace kastellan::loader {

std::string manifestForPeople(ByteView manifest)
{
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    if (const auto items = parseManifest(manifest))
        for (const auto &item : *items) {
            const bool keyed = item.name.starts_with("secret:");
            json.push_back({{"name", item.name}, {"size", item.size}, {keyed ? "hmac_sha256" : "sha256", toHex(item.digest.view())}});
            if (!item.note.empty())
                json.back()["note"] = item.note;
        }
    nlohmann::ordered_json whole{{"items", std::move(json)}, {"canonical", toBase64(manifest)}};
    return whole.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string currentUser()
{
    char buffer[4096];
    passwd entry{};
    passwd *found = nullptr;
    if (::getpwuid_r(::geteuid(), &entry, buffer, sizeof buffer, &found) == 0 && found)
        return found->pw_name;
    return "uid " + std::to_string(::geteuid());
}

} // namespace kastellan::loader
