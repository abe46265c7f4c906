// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/libvirt/domain_xml.h"

#include <pugixml.hpp>

#include <format>
#include <sstream>

namespace kastellan::sev::libvirt {
namespace {

using pugi::xml_node;

xml_node add(xml_node parent, const char *name)
{
    return parent.append_child(name);
}
xml_node add(xml_node parent, const char *name, const std::string &text)
{
    xml_node node = parent.append_child(name);
    node.text().set(text.c_str());
    return node;
}
void set(xml_node node, const char *name, const std::string &value)
{
    node.append_attribute(name).set_value(value.c_str());
}

/// The firmware's and the loader's view of memory differ under SEV: what a device reads has to be shared with it by the guest.
void throughIommu(xml_node device, const DomainSpec &spec)
{
    if (spec.technology == "none")
        return;
    xml_node driver = device.child("driver");
    if (!driver)
        driver = add(device, "driver");
    set(driver, "iommu", "on");
}

void addBoot(xml_node domain, const DomainSpec &spec)
{
    const xml_node os = add(domain, "os");
    const xml_node type = add(os, "type", "hvm");
    set(type, "arch", "x86_64");
    set(type, "machine", "q35");
    if (!spec.firmware.empty()) {
        // A guest under SEV-SNP can't run from flash; with SEV and SEV-ES flash would keep state that is not measured.
        const xml_node loader = add(os, "loader", spec.firmware);
        set(loader, "readonly", "yes");
        set(loader, "type", "rom");
    }
    if (!spec.kernel.empty())
        add(os, "kernel", spec.kernel);
    if (!spec.initrd.empty())
        add(os, "initrd", spec.initrd);
    if (!spec.kernel.empty() && !spec.commandLine.empty())
        add(os, "cmdline", spec.commandLine);
    if (spec.kernel.empty())
        set(add(os, "boot"), "dev", "hd");
}

void addProcessor(xml_node domain, const DomainSpec &spec)
{
    const xml_node cpu = add(domain, "cpu");
    set(cpu, "mode", "custom");
    set(cpu, "match", "exact");
    set(cpu, "check", spec.type == "kvm" ? "partial" : "none");
    set(add(cpu, "model", spec.cpuModel), "fallback", "forbid");
}

void addNetwork(xml_node devices, const DomainSpec &spec)
{
    if (spec.network == "none" || spec.network.empty())
        return;
    const xml_node interface = add(devices, "interface");
    if (spec.network == "user") {
        set(interface, "type", "user");
        if (!spec.ports.empty())
            set(add(interface, "backend"), "type", "passt");
    } else {
        set(interface, "type", "bridge");
        set(add(interface, "source"), "bridge", spec.network.substr(spec.network.find(':') + 1));
    }
    set(add(interface, "model"), "type", "virtio");
    throughIommu(interface, spec);
    set(add(interface, "rom"), "enabled", "no"); // code of the host's that nothing measures
    for (const auto &port : spec.ports) {
        const xml_node forward = add(interface, "portForward");
        set(forward, "proto", port.protocol);
        const xml_node range = add(forward, "range");
        set(range, "start", std::to_string(port.host));
        if (port.guest != port.host)
            set(range, "to", std::to_string(port.guest));
    }
}

void addDevices(xml_node domain, const DomainSpec &spec)
{
    const xml_node devices = add(domain, "devices");
    if (!spec.emulator.empty())
        add(devices, "emulator", spec.emulator);
    if (!spec.disk.empty()) {
        const xml_node disk = add(devices, "disk");
        set(disk, "type", "file");
        set(disk, "device", "disk");
        const xml_node driver = add(disk, "driver");
        set(driver, "name", "qemu");
        set(driver, "type", spec.diskFormat.empty() ? "raw" : spec.diskFormat);
        throughIommu(disk, spec);
        set(add(disk, "source"), "file", spec.disk);
        const xml_node target = add(disk, "target");
        set(target, "dev", "vda");
        set(target, "bus", "virtio");
    }
    const xml_node usb = add(devices, "controller");
    set(usb, "type", "usb");
    set(usb, "model", "none");
    const xml_node serial = add(devices, "controller");
    set(serial, "type", "virtio-serial");
    set(serial, "index", "0");
    throughIommu(serial, spec);
    addNetwork(devices, spec);
    const xml_node console = add(devices, "serial");
    set(console, "type", "pty");
    set(add(console, "target"), "port", "0");
    const xml_node channel = add(devices, "channel");
    set(channel, "type", "unix");
    const xml_node target = add(channel, "target");
    set(target, "type", "virtio");
    set(target, "name", sessionPort);
    const xml_node audio = add(devices, "audio");
    set(audio, "id", "1");
    set(audio, "type", "none");
    set(add(devices, "memballoon"), "model", "none"); // the host would choose which memory the guest gives up
}

void addSecurity(xml_node domain, const DomainSpec &spec)
{
    if (spec.technology == "none" || spec.technology.empty())
        return;
    const bool snp = spec.technology == "snp";
    const xml_node security = add(domain, "launchSecurity");
    set(security, "type", snp ? "sev-snp" : "sev");
    if (!spec.kernel.empty())
        set(security, "kernelHashes", "yes");
    if (snp && spec.authorKey)
        set(security, "authorKey", "yes");
    if (snp && spec.vlek)
        set(security, "vcek", "no");
    add(security, "cbitpos", std::to_string(spec.cbitPosition));
    add(security, "reducedPhysBits", std::to_string(spec.reducedPhysBits));
    add(security, "policy", snp ? std::format("{:#x}", spec.policy) : std::format("{:#06x}", spec.policy));
    const auto addIf = [&](const char *name, const std::string &value) {
        if (!value.empty())
            add(security, name, value);
    };
    if (snp) {
        addIf("guestVisibleWorkarounds", spec.workarounds);
        addIf("idBlock", spec.idBlock);
        addIf("idAuth", spec.idAuth);
        addIf("hostData", spec.hostData);
    } else {
        addIf("dhCert", spec.dhCert);
        addIf("session", spec.session);
    }
}

} // namespace

std::string domainName(const KeepId &keep)
{
    return "kastellan-" + toHex(keep.view());
}

std::string domainUuid(const KeepId &keep)
{
    std::string text = toHex(keep.view());
    for (const std::size_t at : {20, 16, 12, 8})
        text.insert(at, 1, '-');
    return text;
}

std::string domainXml(const DomainSpec &spec)
{
    pugi::xml_document document;
    const xml_node domain = add(document, "domain");
    set(domain, "type", spec.type);
    add(domain, "name", domainName(spec.keep));
    add(domain, "uuid", domainUuid(spec.keep));
    const xml_node keep = add(add(domain, "metadata"), "kastellan:keep");
    set(keep, "xmlns:kastellan", metadataNamespace);
    set(keep, "id", toHex(spec.keep.view()));
    set(add(domain, "memory", std::to_string(spec.memoryMiB)), "unit", "MiB");
    if (spec.memfd) {
        const xml_node backing = add(domain, "memoryBacking");
        set(add(backing, "source"), "type", "memfd");
        set(add(backing, "access"), "mode", "shared");
    }
    set(add(domain, "vcpu", std::to_string(spec.vcpus)), "placement", "static");
    addBoot(domain, spec);
    const xml_node features = add(domain, "features");
    add(features, "acpi");
    add(features, "apic");
    addProcessor(domain, spec);
    set(add(domain, "clock"), "offset", "utc");
    for (const char *event : {"on_poweroff", "on_reboot", "on_crash"})
        add(domain, event, "destroy");
    addDevices(domain, spec);
    addSecurity(domain, spec);
    std::ostringstream text;
    document.save(text, "  ", pugi::format_indent | pugi::format_no_declaration);
    return std::move(text).str();
}

} // namespace kastellan::sev::libvirt
