// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/rehearsal/capabilities.h"

#include "sev-backend/rehearsal/bounded_json.h"
#include "sev-backend/rehearsal/qemu_edit.h"

#include <algorithm>

namespace kastellan::sev {
namespace {

using Json = nlohmann::ordered_json;
constexpr unsigned cbitpos = 51, reducedPhysBits = 1;

struct Property {
    const char *name, *type;
};
constexpr Property common[] = {
    {"type", "string"}, {"sev-device", "string"}, {"cbitpos", "uint32"}, {"reduced-phys-bits", "uint32"}, {"kernel-hashes", "bool"}};
constexpr Property ofSev[] = {
    {"policy", "uint32"}, {"handle", "uint32"}, {"dh-cert-file", "string"}, {"session-file", "string"}, {"legacy-vm-type", "OnOffAuto"}};
constexpr Property ofSnp[] = {{"policy", "uint64"}, {"guest-visible-workarounds", "string"}, {"id-block", "string"}, {"id-auth", "string"},
    {"author-key-enabled", "bool"}, {"vcek-disabled", "bool"}, {"host-data", "string"}};

bool lists(const Json &list, std::string_view name)
{
    return std::ranges::any_of(list, [name](const Json &one) { return one.is_object() && one.contains("name") && one["name"] == name; });
}

Json propertiesOf(std::string_view type)
{
    Json list = Json::array();
    const auto add = [&list](std::span<const Property> properties) {
        for (const Property &property : properties)
            list.push_back({{"name", property.name}, {"type", property.type}});
    };
    add(common);
    type == "sev-guest" ? add(ofSev) : add(ofSnp);
    return list;
}

std::string textOf(const Json &object, const char *key)
{
    const auto at = object.find(key);
    return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

} // namespace

QmpAnswer sevCapabilities(Processor &processor)
{
    const auto failed = [](const char *doing, FirmwareStatus status) {
        return std::unexpected("SEV: " + std::string(doing) + " ret=-1 fw_err=" + std::to_string(static_cast<std::uint32_t>(status)) + " ("
            + std::string(qemuText(status)) + ")");
    };
    LegacyFirmware &legacy = processor.legacy();
    if (const auto status = legacy.platformStatus(); status && status->state == SevState::Uninit)
        if (const auto made = legacy.init(); !made)
            return failed("Failed to export PDH cert", made.error());
    const auto exported = legacy.pdhCertExport(SIZE_MAX, SIZE_MAX);
    if (!exported)
        return failed("Failed to export PDH cert", exported.error());
    const auto id = legacy.getId(SIZE_MAX);
    if (!id)
        return failed("Failed to get CPU ID", id.error());
    return oneLine({{"reduced-phys-bits", reducedPhysBits}, {"cbitpos", cbitpos}, {"cert-chain", toBase64(exported->chain)},
        {"pdh", toBase64(exported->pdh)}, {"cpu0-id", toBase64(*id)}});
}

std::string completedReply(std::string_view command, std::string_view arguments, std::string message)
{
    if (command != "qom-list-types" && command != "qom-list-properties" && command != "query-commands")
        return message;
    auto json = boundedJson(message);
    const auto given = boundedJson(arguments);
    if (!json || !json->is_object() || !given || !given->is_object())
        return message;
    const std::string type = textOf(*given, "typename");
    const bool ours = type == "sev-guest" || type == "sev-snp-guest";
    if (command == "qom-list-properties" && ours && json->contains("error")) {
        json->erase("error");
        (*json)["return"] = propertiesOf(type);
        return oneLine(*json);
    }
    if (!json->contains("return") || !(*json)["return"].is_array())
        return message;
    Json &list = (*json)["return"];
    const std::size_t before = list.size();
    const auto ensure = [&list](const char *name, Json entry) {
        if (!lists(list, name))
            list.push_back(std::move(entry));
    };
    // Only the list of everything: a search for the children of one type has its own order of things.
    if (command == "qom-list-types" && textOf(*given, "implements").empty())
        for (const char *name : {"sev-guest", "sev-snp-guest"})
            ensure(name, {{"name", name}, {"parent", "x86-confidential-guest"}});
    else if (command == "qom-list-properties" && type.ends_with("-machine"))
        ensure("confidential-guest-support", {{"name", "confidential-guest-support"}, {"type", "link<confidential-guest-support>"}});
    else if (command == "query-commands")
        for (const char *name :
            {"query-sev", "query-sev-capabilities", "query-sev-launch-measure", "sev-inject-launch-secret", "query-sev-attestation-report"})
            ensure(name, {{"name", name}});
    return list.size() == before ? message : oneLine(*json);
}

std::optional<QmpAnswer> RehearsalSubject::answer(std::string_view command, std::string_view arguments)
{
    if (command == "query-sev-capabilities")
        return sevCapabilities(m_processor);
    if (!m_guest)
        return std::nullopt;
    if (command == "query-sev")
        return m_guest->query();
    if (command == "query-sev-launch-measure")
        return m_guest->launchMeasure();
    if (command == "migrate" || command == "snapshot-save")
        return std::unexpected(m_guest->migrationBlocked());
    if (command != "sev-inject-launch-secret" && command != "query-sev-attestation-report")
        return std::nullopt;
    const auto given = boundedJson(arguments);
    if (!given || !given->is_object())
        return std::nullopt; // QEMU says what is wrong with it
    if (command == "query-sev-attestation-report")
        return given->contains("mnonce") ? std::optional(m_guest->attestation(textOf(*given, "mnonce"))) : std::nullopt;
    for (const char *key : {"packet-header", "secret"})
        if (!given->contains(key) || !(*given)[key].is_string())
            return std::unexpected("Parameter '" + std::string(key) + "' is missing");
    std::optional<std::uint64_t> gpa;
    if (const auto at = given->find("gpa"); at != given->end()) {
        if (!at->is_number_unsigned() && !(at->is_number_integer() && at->get<std::int64_t>() >= 0))
            return std::unexpected("Invalid parameter type for 'gpa', expected: integer");
        gpa = at->get<std::uint64_t>();
    }
    return m_guest->injectSecret(textOf(*given, "packet-header"), textOf(*given, "secret"), gpa, *m_memory);
}

std::string RehearsalSubject::reply(std::string_view command, std::string_view arguments, std::string message)
{
    return completedReply(command, arguments, std::move(message));
}

bool RehearsalSubject::hides(std::string_view event, std::string_view message)
{
    if (!m_port || event != "VSERPORT_CHANGE")
        return false;
    const auto json = boundedJson(message);
    if (!json || !json->contains("data") || textOf((*json)["data"], "id") != firmwareDevice)
        return false;
    m_port->reset(); // the guest closed or opened the port: what was half said is over
    return true;
}

OrRefusal<void> RehearsalSubject::aboutToRun()
{
    return m_guest ? m_guest->finish() : OrRefusal<void>();
}

} // namespace kastellan::sev
