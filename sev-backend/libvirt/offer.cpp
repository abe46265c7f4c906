// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/libvirt/offer.h"

#include <pugixml.hpp>

#include <algorithm>
#include <charconv>
#include <format>

namespace kastellan::sev::libvirt {
namespace {

constexpr std::size_t mostModels = 1000, mostText = 400;

std::string textOf(const pugi::xml_node &node)
{
    const std::string_view text = node.text().as_string();
    return std::string(text.substr(0, mostText));
}

std::optional<unsigned> numberOf(std::string_view text)
{
    unsigned value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    return code == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

bool isYes(const pugi::xml_attribute &attribute)
{
    return std::string_view(attribute.as_string()) == "yes";
}

std::vector<std::string> valuesOf(const pugi::xml_node &parent, std::string_view name)
{
    std::vector<std::string> values;
    for (const auto &list : parent.children("enum"))
        if (std::string_view(list.attribute("name").as_string()) == name)
            for (const auto &value : list.children("value"))
                if (values.size() < mostModels)
                    values.push_back(textOf(value));
    return values;
}

bool contains(const std::vector<std::string> &list, std::string_view wanted)
{
    return std::ranges::find(list, wanted) != list.end();
}

void readProcessors(Offer &offer, const pugi::xml_node &cpu)
{
    for (const auto &mode : cpu.children("mode")) {
        const std::string_view name = mode.attribute("name").as_string();
        if (!isYes(mode.attribute("supported")))
            continue;
        if (name == "host-model")
            offer.hostModel = textOf(mode.child("model"));
        if (name != "custom")
            continue;
        for (const auto &model : mode.children("model"))
            if (offer.cpuModels.size() < mostModels)
                offer.cpuModels.push_back(textOf(model));
    }
}

std::string versionText(unsigned long version)
{
    return std::format("{}.{}.{}", version / 1'000'000, version / 1'000 % 1'000, version % 1'000);
}

} // namespace

bool Offer::has(std::string_view sectype) const
{
    return sev && contains(sectypes, sectype);
}

std::vector<std::string> Offer::technologies() const
{
    std::vector<std::string> found;
    if (has("sev-snp"))
        found.emplace_back("snp");
    if (has("sev") && esGuests > 0)
        found.emplace_back("es");
    if (has("sev"))
        found.emplace_back("sev");
    return found;
}

Result<Offer> parseOffer(std::string_view xml)
{
    const char *what = "read what the host offers";
    pugi::xml_document document;
    if (xml.size() > capabilitiesLimit)
        return environment(what, "domain capabilities", "they are larger than 8 MiB");
    if (const auto read = document.load_buffer(xml.data(), xml.size()); !read)
        return environment(what, std::format("domain capabilities, offset {}", read.offset), read.description());
    const auto root = document.child("domainCapabilities");
    if (!root)
        return environment(what, "domain capabilities", "they are no <domainCapabilities>");
    Offer offer;
    offer.emulator = textOf(root.child("path"));
    offer.domainType = textOf(root.child("domain"));
    offer.machine = textOf(root.child("machine"));
    offer.mostVcpus = numberOf(root.child("vcpu").attribute("max").as_string()).value_or(1);
    readProcessors(offer, root.child("cpu"));
    offer.memfd = contains(valuesOf(root.child("memoryBacking"), "sourceType"), "memfd");
    offer.passt = contains(valuesOf(root.child("devices").child("interface"), "backendType"), "passt");
    const auto sev = root.child("features").child("sev");
    offer.sev = isYes(sev.attribute("supported"));
    offer.cbitPosition = numberOf(textOf(sev.child("cbitpos")));
    offer.reducedPhysBits = numberOf(textOf(sev.child("reducedPhysBits")));
    offer.guests = numberOf(textOf(sev.child("maxGuests"))).value_or(0);
    offer.esGuests = numberOf(textOf(sev.child("maxESGuests"))).value_or(0);
    const auto security = root.child("features").child("launchSecurity");
    if (isYes(security.attribute("supported")))
        offer.sectypes = valuesOf(security, "sectype");
    else if (!security && offer.sev) // libvirt before 10.5 does not list them
        offer.sectypes = {"sev"};
    return offer;
}

Result<Offer> askOffer(const Connection &connection, const std::string &emulator)
{
    const char *what = "ask what the host offers";
    const Text xml(::virConnectGetDomainCapabilities(
        connection.get(), emulator.empty() ? nullptr : emulator.c_str(), "x86_64", "q35", emulator.empty() ? nullptr : "qemu", 0));
    if (!xml)
        return failure(what, connection.uri().text, "Check that QEMU for x86_64 (qemu-system-x86) is installed there.");
    KASTELLAN_ASSIGN(Offer offer, parseOffer(xml.get()));
    unsigned long version = 0;
    if (::virConnectGetLibVersion(connection.get(), &version) == 0)
        offer.libvirtVersion = versionText(version);
    if (::virConnectGetVersion(connection.get(), &version) == 0 && version)
        offer.qemuVersion = versionText(version);
    if (const Text hostname(::virConnectGetHostname(connection.get())); hostname)
        offer.hostname = hostname.get();
    return offer;
}

} // namespace kastellan::sev::libvirt
