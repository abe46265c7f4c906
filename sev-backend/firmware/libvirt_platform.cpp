// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/firmware/libvirt_platform.h"

#include "sev-backend/abi/firmware_status.h"

#include <algorithm>
#include <cerrno>
#include <mutex>

#include <pugixml.hpp>

namespace kastellan::sev {
namespace {

constexpr std::size_t capabilitiesLimit = 8u << 20, certificatesLimit = 64u << 10;
constexpr std::size_t longestWord = 100, mostTypes = 16;

CommandAnswer refused(int error, std::string said)
{
    return {error, static_cast<std::uint32_t>(FirmwareStatus::NoFirmwareCall), std::move(said)};
}

/// Base64 as libvirt has it; bounded.
Result<Bytes> decoded(const std::string &text, const char *what)
{
    if (text.size() > certificatesLimit)
        return badInput(what, {}, "it is too long");
    return fromBase64(text);
}

std::string shortWord(const pugi::xml_node &node)
{
    return std::string(node.text().as_string()).substr(0, longestWord);
}

/// "EPYC-Milan-v2" names a product.
PlatformModel modelFromName(std::string_view name)
{
    if (!name.starts_with("EPYC"))
        return {};
    if (name.starts_with("EPYC-Rome"))
        return {Product::Unknown, "Rome"};
    return modelOf(productFromText(name.substr(std::min<std::size_t>(name.size(), 5))));
}

std::string orUnknown(const std::optional<unsigned> &value)
{
    return value ? std::to_string(*value) : "not said";
}

PlatformSection sectionOf(const LibvirtAnswers &answers)
{
    PlatformSection section{"As libvirt tells", {}};
    const auto add = [&section](const char *id, const char *name, std::string value, const char *meaning) {
        section.facts.push_back({id, name, std::move(value), meaning});
    };
    const auto capabilities =
        answers.capabilities.empty() ? badInput("read", {}, answers.capabilitiesProblem) : readCapabilities(answers.capabilities);
    add("libvirt.sev", "SEV", capabilities ? (capabilities->sev ? "supported" : "not supported") : "unknown: " + capabilities.error().why,
        "What QEMU offers there, as libvirt has found out.");
    if (capabilities)
        add("libvirt.launch-security", "Kinds of protection",
            capabilities->launchSecurity.empty() ? "not said" : capabilities->launchSecurity, "Which libvirt would launch.");
    if (!answers.problem.empty()) {
        add("libvirt.node", "Firmware", "unknown: " + answers.problem, "What libvirt knows of the host's firmware.");
        return section;
    }
    add("libvirt.cbitpos", "C-bit position", orUnknown(answers.cbitPosition), "Which address bit marks encrypted memory.");
    add("libvirt.reduced-bits", "Reduced address bits", orUnknown(answers.reducedPhysBits), "What encryption takes from addresses.");
    add("libvirt.max-guests", "SEV guests at most", orUnknown(answers.maxGuests), "At once.");
    add("libvirt.max-es-guests", "SEV-ES guests at most", orUnknown(answers.maxEsGuests), "At once.");
    return section;
}

/// One set of answers for a look, so that what belongs together was said together.
struct Cached {
    std::mutex mutex;
    std::optional<LibvirtAnswers> answers;
};

} // namespace

Result<LibvirtCapabilities> readCapabilities(std::string_view xml)
{
    pugi::xml_document document;
    const char *what = "read libvirt's domain capabilities";
    if (xml.size() > capabilitiesLimit)
        return badInput(what, {}, "they are too long");
    if (const auto result = document.load_buffer(xml.data(), xml.size(), pugi::parse_default); !result)
        return badInput(what, "offset " + std::to_string(result.offset), result.description());
    const auto root = document.child("domainCapabilities");
    if (!root)
        return badInput(what, {}, "it is other XML");
    LibvirtCapabilities capabilities;
    const auto features = root.child("features");
    capabilities.sev = std::string_view(features.child("sev").attribute("supported").as_string()) == "yes";
    std::size_t types = 0;
    for (const auto list : features.child("launchSecurity").children("enum"))
        if (std::string_view(list.attribute("name").as_string()) == "sectype")
            for (const auto value : list.children("value"))
                if (types++ < mostTypes)
                    capabilities.launchSecurity += (capabilities.launchSecurity.empty() ? "" : ", ") + shortWord(value);
    for (const auto mode : root.child("cpu").children("mode"))
        if (std::string_view(mode.attribute("name").as_string()) == "host-model")
            capabilities.cpuModel = shortWord(mode.child("model"));
    return capabilities;
}

LibvirtSevDevice::LibvirtSevDevice(std::string uri, LibvirtAnswers answers)
    : m_uri(std::move(uri))
    , m_answers(std::move(answers))
{
}

DeviceAccess LibvirtSevDevice::access() const
{
    return {true, true, false, false, "libvirt only tells of a platform, and changes nothing of it", "Run keepctl on the host itself."};
}

CommandAnswer LibvirtSevDevice::issue(SevCall &call, bool write)
{
    if (const auto misfit = call.misfit())
        return refused(EINVAL, *misfit);
    const bool exporting = call.command == SevCommand::PdhCertExport;
    if (write || (!exporting && call.command != SevCommand::GetId2))
        return refused(ENOTSUP, "libvirt does not tell that of a platform");
    if (!m_answers.problem.empty())
        return refused(ENOTSUP, m_answers.problem);
    std::vector<const std::string *> texts{&m_answers.cpu0Id};
    if (exporting)
        texts = {&m_answers.pdh, &m_answers.chain};
    const auto pointers = layoutOf(call.command).pointers();
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto bytes = decoded(*texts[i], "read libvirt's answer");
        if (!bytes || bytes->empty())
            return refused(ENOTSUP, bytes ? "libvirt does not say it" : "libvirt's answer is no base64: " + bytes.error().why);
        storeLe<std::uint32_t>(call.structure, pointers[i].length, static_cast<std::uint32_t>(bytes->size()));
        if (bytes->size() > call.buffers[i].size())
            return {EIO, static_cast<std::uint32_t>(FirmwareStatus::InvalidLength), {}};
        std::ranges::copy(*bytes, call.buffers[i].begin());
    }
    return {};
}

PlatformSurroundings libvirtPlatform(const std::string &uri, AskLibvirt ask)
{
    const auto cached = std::make_shared<Cached>();
    PlatformSurroundings host;
    host.host = uri;
    host.partial = true;
    host.device = [cached, uri, ask = std::move(ask)]() -> Result<std::shared_ptr<SevDevice>> {
        KASTELLAN_ASSIGN(LibvirtAnswers answers, ask(uri));
        const std::lock_guard lock(cached->mutex);
        cached->answers = answers;
        return std::make_shared<LibvirtSevDevice>(uri, std::move(answers));
    };
    host.model = [cached]() -> PlatformModel {
        const std::lock_guard lock(cached->mutex);
        const auto capabilities = cached->answers ? readCapabilities(cached->answers->capabilities) : badInput({}, {}, {});
        return capabilities ? modelFromName(capabilities->cpuModel) : PlatformModel{};
    };
    host.facts = [cached]() -> std::vector<PlatformSection> {
        const std::lock_guard lock(cached->mutex);
        return cached->answers ? std::vector{sectionOf(*cached->answers)} : std::vector<PlatformSection>{};
    };
    host.certificates = [](const PlatformModel &model) { return storedCertificates(model); };
    return host;
}

} // namespace kastellan::sev
