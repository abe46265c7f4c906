// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/libvirt/edited_xml.h"

#include <algorithm>

#include <pugixml.hpp>

#include <array>
#include <charconv>
#include <format>
#include <sstream>

namespace kastellan::sev::libvirt {
namespace {

using pugi::xml_node;

constexpr unsigned howToRead = pugi::parse_default | pugi::parse_comments;
constexpr int deepest = 64;

bool tooDeep(const xml_node &node, int left)
{
    if (left == 0)
        return true;
    for (const auto &child : node.children())
        if (tooDeep(child, left - 1))
            return true;
    return false;
}

Status read(pugi::xml_document &document, std::string_view xml, std::string_view name, std::string_view root = "domain")
{
    const char *what = "read a domain's XML";
    if (xml.size() > domainXmlLimit)
        return badInput(what, std::string(name), std::format("it has {} bytes, and at most {} are read", xml.size(), domainXmlLimit));
    if (const auto result = document.load_buffer(xml.data(), xml.size(), howToRead); !result)
        return badInput(what, std::format("{}, offset {}", name, result.offset), result.description());
    if (document.document_element().name() != root)
        return badInput(
            what, std::string(name), std::format("it begins with <{}>, not with <{}>", document.document_element().name(), root));
    if (tooDeep(document, deepest))
        return badInput(what, std::string(name), "its elements lie in each other too deeply");
    return {};
}

std::string write(const pugi::xml_document &document)
{
    std::ostringstream text;
    document.save(text, "  ", pugi::format_indent | pugi::format_no_declaration);
    return std::move(text).str();
}

/// An element of ours that the edited domain has to have as planned: its path from the domain down, and an attribute or (empty) its text.
struct Held {
    const char *parent, *element, *attribute, *remedy;
};
constexpr std::array<Held, 20> held{{
    {"", "", "type", "The kind of virtual machine follows from the host."},
    {"", "vcpu", "", "Give --vcpus: their number is measured."},
    {"", "vcpu", "current", "All vCPUs are measured."},
    {"os", "loader", "", "Give --firmware: it is measured."},
    {"os", "loader", "type", "Firmware in flash is not measured, and SEV-SNP starts none."},
    {"os", "kernel", "", "It is measured: give another image, or --kernel."},
    {"os", "initrd", "", "It is measured: give another image, or --initrd."},
    {"os", "cmdline", "", "It is measured: give another image, or --append."},
    {"cpu", "", "mode", "Give --cpu-model: its signature is measured."},
    {"cpu", "model", "", "Give --cpu-model: its signature is measured."},
    {"launchSecurity", "", "type", "Give --technology."},
    {"launchSecurity", "", "kernelHashes", "Without them kernel, initrd and command line are not measured."},
    {"launchSecurity", "", "authorKey", "Give --author-key."},
    {"launchSecurity", "", "vcek", "Give --vlek."},
    {"launchSecurity", "policy", "", "Give --guest-policy: it is part of the evidence."},
    {"launchSecurity", "idBlock", "", "Give --id-block."},
    {"launchSecurity", "idAuth", "", "Give --id-auth."},
    {"launchSecurity", "guestVisibleWorkarounds", "", "Give --workarounds."},
    {"os", "nvram", "", "There is no flash that could hold variables."},
    {"os", "dtb", "", "It is not measured."},
}};

std::string valueOf(const xml_node &domain, const Held &what)
{
    xml_node node = domain;
    if (*what.parent)
        node = node.child(what.parent);
    if (*what.element)
        node = node.child(what.element);
    if (*what.attribute)
        return node.attribute(what.attribute).as_string();
    std::string text = node.text().as_string();
    if (node && text.empty() && !*what.attribute)
        text = "(empty)"; // an element that is there and says nothing is another thing than none
    return text;
}

std::string nameOf(const Held &what)
{
    std::string path = "<domain";
    if (!*what.parent && !*what.element)
        return path + " " + what.attribute + ">";
    path = "<";
    path += *what.parent ? what.parent : what.element;
    if (*what.parent && *what.element)
        path += std::string(">/<") + what.element;
    return path + (*what.attribute ? std::string(" ") + what.attribute : std::string()) + ">";
}

std::unexpected<Error> refused(std::string_view name, const std::string &element, std::string why, std::string remedy)
{
    return badInput("use the edited domain", std::string(name) + ", " + element, std::move(why), std::move(remedy));
}

/// An element twice: which one libvirt takes is its business, and not what was compared.
Status checkOnce(const xml_node &domain, std::string_view name)
{
    for (const auto &[parent, element] : std::array<std::pair<const char *, const char *>, 12>{
             {{"", "os"}, {"", "cpu"}, {"", "vcpu"}, {"", "launchSecurity"}, {"", "devices"}, {"os", "loader"}, {"os", "kernel"},
                 {"os", "initrd"}, {"os", "cmdline"}, {"cpu", "model"}, {"launchSecurity", "policy"}, {"", "metadata"}}}) {
        const xml_node above = *parent ? domain.child(parent) : domain;
        const xml_node first = above.child(element);
        if (first && first.next_sibling(element))
            return refused(name, std::string("<") + element + ">", "it is there twice", "Leave one.");
    }
    return {};
}

Status checkHeld(const xml_node &edited, const xml_node &planned, std::string_view name)
{
    for (const Held &one : held) {
        const std::string had = valueOf(edited, one), wanted = valueOf(planned, one);
        if (had == wanted)
            continue;
        return refused(name, nameOf(one),
            wanted.empty() ? "it says '" + had.substr(0, 200) + "', and was not planned"
                           : "it says '" + had.substr(0, 200) + "', and '" + wanted.substr(0, 200) + "' was planned",
            one.remedy);
    }
    if (!edited.child("os").attribute("firmware").empty())
        return refused(name, "<os firmware>", "libvirt would choose another firmware, and its digest would not be known", "Take it away.");
    const std::string_view machine = edited.child("os").child("type").attribute("machine").as_string();
    if (machine != "q35" && !machine.starts_with("pc-q35"))
        return refused(name, "<os>/<type machine>", "a keep needs the machine q35", "Write machine='q35'.");
    for (const auto &child : edited.children())
        if (std::string_view(child.name()).find(':') != std::string_view::npos || std::string_view(child.name()) == "commandline"
            || child.attribute("xmlns")) // libvirt goes by the namespace, whatever its prefix
            return refused(
                name, std::string("<") + child.name() + ">", "what goes past libvirt to QEMU may change what is measured", "Take it away.");
    return {};
}

/// What disks and shared folders a domain has, by where they come from.
std::vector<std::string> sourcesOf(const xml_node &domain)
{
    std::vector<std::string> sources;
    for (const auto &device : domain.child("devices").children()) {
        const std::string_view kind = device.name();
        if (kind != "disk" && kind != "filesystem")
            continue;
        std::string source(kind);
        for (const auto &attribute : device.child("source").attributes())
            source += std::string(" ") + attribute.name() + "=" + attribute.value();
        sources.push_back(std::move(source));
    }
    std::ranges::sort(sources);
    return sources;
}

/// A disk says what of a machine is unmeasured: the plan has to know of it.
Status checkDisks(const xml_node &edited, const xml_node &planned, std::string_view name)
{
    if (sourcesOf(edited) == sourcesOf(planned))
        return {};
    return refused(
        name, "<disk> or <filesystem>", "it has others than were planned", "Give a disk with --disk; folders can't be shared with a keep.");
}

/// Where an element of ours has to be, the edited one is replaced by it; none where ours is none.
void putBack(xml_node parent, const xml_node &ours, const char *element)
{
    const xml_node wanted = ours.child(element);
    xml_node there = parent.child(element);
    if (there && wanted)
        parent.insert_copy_before(wanted, there);
    else if (wanted)
        parent.append_copy(wanted);
    while (there) {
        const xml_node next = there.next_sibling(element);
        parent.remove_child(there);
        there = next;
    }
}

bool isSessionPort(const xml_node &channel)
{
    return std::string_view(channel.child("target").attribute("name").as_string()) == sessionPort;
}

void putBackPort(xml_node devices, const xml_node &planned)
{
    for (xml_node channel = devices.child("channel"); channel;) {
        const xml_node next = channel.next_sibling("channel");
        if (isSessionPort(channel))
            devices.remove_child(channel);
        channel = next;
    }
    for (const auto &channel : planned.children("channel"))
        if (isSessionPort(channel))
            devices.append_copy(channel);
}

} // namespace

Result<std::string> heldToPlan(std::string_view edited, const DomainSpec &planned, std::string_view name)
{
    pugi::xml_document theirs, ours;
    KASTELLAN_TRY(read(theirs, edited, name));
    KASTELLAN_TRY(read(ours, domainXml(planned), "the planned domain"));
    xml_node domain = theirs.document_element();
    const xml_node plan = ours.document_element();
    KASTELLAN_TRY(checkOnce(domain, name));
    KASTELLAN_TRY(checkHeld(domain, plan, name));
    KASTELLAN_TRY(checkDisks(domain, plan, name));
    for (const char *element : {"name", "uuid", "on_poweroff", "on_reboot", "on_crash"})
        putBack(domain, plan, element);
    if (!domain.child("metadata"))
        domain.append_child("metadata");
    putBack(domain.child("metadata"), plan.child("metadata"), "kastellan:keep");
    if (!domain.child("devices"))
        domain.append_child("devices");
    putBack(domain.child("devices"), plan.child("devices"), "emulator"); // a program that would run as this user
    putBackPort(domain.child("devices"), plan.child("devices"));
    if (xml_node security = domain.child("launchSecurity"))
        for (const char *element : {"cbitpos", "reducedPhysBits", "hostData", "dhCert", "session"})
            putBack(security, plan.child("launchSecurity"), element);
    return write(theirs);
}

std::optional<std::uint64_t> memoryOf(std::string_view xml)
{
    pugi::xml_document document;
    if (!read(document, xml, "the domain"))
        return std::nullopt;
    const xml_node memory = document.document_element().child("memory");
    const std::string_view text = memory.text().as_string(), unit = memory.attribute("unit").as_string("KiB");
    std::uint64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    if (unit == "MiB" || unit == "M")
        return value;
    if (unit == "GiB" || unit == "G")
        return value > (UINT64_MAX >> 10) ? std::nullopt : std::optional(value << 10);
    if (unit == "KiB" || unit == "k")
        return value >> 10;
    if (unit == "bytes" || unit == "b")
        return value >> 20;
    return std::nullopt;
}

Result<std::string> withLaunchValues(std::string_view xml, const LaunchValues &values)
{
    pugi::xml_document document;
    KASTELLAN_TRY(read(document, xml, "the planned domain"));
    const xml_node domain = document.document_element();
    const auto put = [](xml_node parent, const char *element, const std::string &value) {
        if (value.empty() || !parent)
            return;
        xml_node node = parent.child(element);
        if (!node)
            node = parent.append_child(element);
        node.text().set(value.c_str());
    };
    put(domain.child("os"), "loader", values.firmware);
    put(domain.child("os"), "kernel", values.kernel);
    put(domain.child("os"), "initrd", values.initrd);
    if (!values.moreWords.empty()) {
        const std::string before = domain.child("os").child("cmdline").text().as_string();
        put(domain.child("os"), "cmdline", before.empty() ? values.moreWords : before + " " + values.moreWords);
    }
    put(domain.child("launchSecurity"), "hostData", values.hostData);
    put(domain.child("launchSecurity"), "dhCert", values.dhCert);
    put(domain.child("launchSecurity"), "session", values.session);
    if (!values.disk.empty())
        for (xml_node disk : domain.child("devices").children("disk"))
            if (std::string_view(disk.child("target").attribute("dev").as_string()) == "vda")
                disk.child("source").attribute("file").set_value(values.disk.c_str());
    return write(document);
}

} // namespace kastellan::sev::libvirt
