// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/look_libvirt.h"

#include "sev-backend/libvirt/uri.h"
#include "sev-backend/readiness/within_time.h"

#include <cstdlib>
#include <format>
#include <memory>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <pugixml.hpp>

namespace kastellan::sev {
namespace {

constexpr std::size_t capabilitiesLimit = 8u << 20;

struct CloseConnection {
    void operator()(virConnectPtr connection) const { ::virConnectClose(connection); }
};
using Connection = std::unique_ptr<virConnect, CloseConnection>;

std::string lastError()
{
    const virErrorPtr error = ::virGetLastError();
    return error && error->message ? error->message : "libvirt does not say why";
}

std::string versionText(unsigned long version)
{
    return std::format("{}.{}.{}", version / 1'000'000, version / 1'000 % 1'000, version % 1'000);
}

} // namespace

void readDomainCapabilities(HostFacts &facts, std::string_view xml, const std::string &how)
{
    pugi::xml_document document;
    if (xml.size() > capabilitiesLimit || !document.load_buffer(xml.data(), xml.size(), pugi::parse_default)) {
        facts.failed("libvirt.sev.supported", how, "the domain capabilities can't be read");
        return;
    }
    const auto root = document.child("domainCapabilities");
    const auto sev = root.child("features").child("sev");
    if (const std::string supported = sev.attribute("supported").as_string(); supported == "yes" || supported == "no")
        facts.set("libvirt.sev.supported", supported, how);
    else
        facts.absent("libvirt.sev.supported", how, "the domain capabilities do not mention SEV");
    for (const auto &[key, element] : {std::pair{"libvirt.sev.cbitpos", "cbitpos"}, {"libvirt.sev.reduced_bits", "reducedPhysBits"},
             {"libvirt.sev.max_guests", "maxGuests"}, {"libvirt.sev.max_es_guests", "maxESGuests"}})
        if (const std::string value = sev.child(element).text().as_string(); factNumber(value))
            facts.set(key, value, how);
    std::string types;
    for (const auto list : root.child("features").child("launchSecurity").children("enum"))
        if (std::string_view(list.attribute("name").as_string()) == "sectype")
            for (const auto value : list.children("value"))
                types += (types.empty() ? "" : " ") + std::string(value.text().as_string()).substr(0, 40);
    facts.set("libvirt.launch_security", types.substr(0, 400), how);
    facts.set("libvirt.emulator", std::string(root.child("path").text().as_string()).substr(0, 400), how);
}

namespace {

void askLibvirt(HostFacts &facts, const std::string &uri)
{
    if (::virInitialize() != 0) {
        facts.failed("libvirt.version", "libvirt", lastError());
        return;
    }
    ::virSetErrorFunc(nullptr, [](void *, virErrorPtr) {}); // it would write to standard error
    facts.set("libvirt.uri", uri, "asked for");
    // Not read-only: libvirt answers these questions on no such connection ("read only access prevents…").
    const Connection connection(::virConnectOpen(askingNobody(uri).c_str()));
    if (!connection) {
        const virErrorPtr error = ::virGetLastError();
        const bool denied = error && error->code == VIR_ERR_AUTH_FAILED;
        const std::string why = lastError();
        if (denied || why.find("Permission denied") != std::string::npos)
            facts.put("libvirt.version", {Fact::Had::Denied, {}, uri, why});
        else
            facts.absent("libvirt.version", uri, why);
        return;
    }
    unsigned long version = 0;
    if (::virConnectGetLibVersion(connection.get(), &version) == 0)
        facts.set("libvirt.version", versionText(version), uri);
    else
        facts.failed("libvirt.version", uri, lastError());
    if (::virConnectGetVersion(connection.get(), &version) == 0 && version)
        facts.set("libvirt.qemu_version", versionText(version), uri);
    const std::string how = "domain capabilities for KVM and q35 at " + uri;
    const std::unique_ptr<char, decltype(&std::free)> xml(
        ::virConnectGetDomainCapabilities(connection.get(), nullptr, "x86_64", "q35", "kvm", 0), &std::free);
    if (!xml)
        facts.failed("libvirt.sev.supported", how, lastError());
    else
        readDomainCapabilities(facts, xml.get(), how);
}

} // namespace

void lookAtLibvirt(HostFacts &facts, const std::string &uri, std::chrono::milliseconds time, const std::stop_token &stop)
{
    const auto asked = std::make_shared<HostFacts>(facts);
    switch (withinTime([asked, uri] { askLibvirt(*asked, uri); }, time, stop)) {
    case Waited::Done:
        facts = std::move(*asked);
        break;
    case Waited::TooLong:
        facts.set("libvirt.uri", uri, "asked for");
        facts.failed("libvirt.version", uri,
            std::format(
                "libvirt's daemon did not answer within {} seconds", std::chrono::duration_cast<std::chrono::seconds>(time).count()));
        break;
    case Waited::Stopped:
        break;
    }
}

} // namespace kastellan::sev
