// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/kubevirt/vmi.h"

#include "core/evidence/json.h"

#include <algorithm>
#include <format>

namespace kastellan::sev::kubevirt {
namespace {

using js::Out;

Out launchSecurity(const Vmi &vmi)
{
    if (vmi.technology == "snp") {
        Out snp = {{"policy", std::format("{:#x}", vmi.snpPolicy)}};
        if (vmi.kernelHashes)
            snp["kernelHashes"] = vmi.kernelHashesType == "boolean" ? Out(true) : Out("yes");
        if (!vmi.hostData.empty())
            snp["hostData"] = vmi.hostData;
        return {{"snp", std::move(snp)}};
    }
    Out sev = Out::object();
    if (vmi.technology == "es")
        sev["policy"] = {{"encryptedState", true}};
    if (vmi.attested)
        sev["attestation"] = Out::object();
    if (vmi.kernelHashes)
        sev["kernelHashes"] = vmi.kernelHashesType == "boolean" ? Out(true) : Out("yes");
    return {{"sev", std::move(sev)}};
}

Out document(const Vmi &vmi)
{
    Out metadata = vmi.name.empty() ? Out{{"generateName", "keep-"}} : Out{{"name", vmi.name}};
    metadata["namespace"] = vmi.nameSpace;
    metadata["labels"] = {{"app.kubernetes.io/managed-by", "kastellan"}};
    if (!vmi.keep.empty())
        metadata["labels"][keepLabel] = vmi.keep;
    if (!vmi.annotation.empty())
        metadata["annotations"] = {{"kastellan.org/about", vmi.annotation}};

    Out domain = Out::object();
    domain["cpu"] = {{"cores", vmi.cores}, {"model", vmi.cpuModel}, {"sockets", 1}, {"threads", 1}};
    Out devices = {{"autoattachGraphicsDevice", false}, {"autoattachMemBalloon", false}, {"autoattachPodInterface", vmi.masquerade},
        {"autoattachSerialConsole", true}};
    if (!vmi.diskImage.empty())
        devices["disks"] = Out::array({{{"name", "image"}, {"disk", {{"bus", "virtio"}}}}});
    if (vmi.masquerade)
        devices["interfaces"] = Out::array({{{"name", "default"}, {"masquerade", Out::object()}}});
    domain["devices"] = std::move(devices);
    domain["firmware"] = {{"bootloader", {{"efi", {{"secureBoot", false}}}}}};
    if (!vmi.kernelImage.empty()) {
        Out boot = {{"container",
            {{"image", vmi.kernelImage}, {"imagePullPolicy", "IfNotPresent"}, {"initrdPath", initrdPath}, {"kernelPath", kernelPath}}}};
        if (!vmi.kernelArguments.empty())
            boot["kernelArgs"] = vmi.kernelArguments;
        domain["firmware"]["kernelBoot"] = std::move(boot);
    }
    if (vmi.technology != "none")
        domain["launchSecurity"] = launchSecurity(vmi);
    domain["memory"] = {{"guest", std::to_string(vmi.memoryMiB) + "Mi"}};

    Out spec = {{"domain", std::move(domain)}, {"evictionStrategy", "None"}, {"terminationGracePeriodSeconds", 5}};
    if (vmi.masquerade)
        spec["networks"] = Out::array({{{"name", "default"}, {"pod", Out::object()}}});
    if (!vmi.diskImage.empty())
        spec["volumes"] =
            Out::array({{{"name", "image"}, {"containerDisk", {{"image", vmi.diskImage}, {"imagePullPolicy", "IfNotPresent"}}}}});
    return {
        {"apiVersion", "kubevirt.io/v1"}, {"kind", "VirtualMachineInstance"}, {"metadata", std::move(metadata)}, {"spec", std::move(spec)}};
}

/// Plain where YAML takes it for nothing but a text, else in double quotes, which JSON's escapes fit.
std::string scalar(const Out &value)
{
    if (!value.is_string())
        return js::dump(value);
    const auto &text = value.get_ref<const std::string &>();
    static constexpr std::string_view words[] = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"};
    std::string lower = text;
    std::ranges::transform(
        lower, lower.begin(), [](unsigned char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c); });
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const bool plain = !text.empty() && letter(text.front()) && std::ranges::find(words, lower) == std::ranges::end(words)
        && std::ranges::all_of(
            text, [letter](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == '/'; });
    return plain ? text : js::dump(value);
}

bool isBlock(const Out &value)
{
    return (value.is_object() || value.is_array()) && !value.empty();
}

void write(std::string &into, const Out &value, std::size_t indent)
{
    const std::string blanks(indent, ' ');
    if (value.is_array()) {
        for (const auto &item : value) {
            std::string block;
            write(block, item, indent + 2);
            into += blanks + "- " + block.substr(indent + 2);
        }
        return;
    }
    for (const auto &[key, member] : value.items()) {
        into += blanks + scalar(key) + ":";
        if (isBlock(member)) {
            into += "\n";
            write(into, member, indent + 2);
        } else {
            into += " " + (member.is_object() ? std::string("{}") : member.is_array() ? std::string("[]") : scalar(member)) + "\n";
        }
    }
}

} // namespace

bool ServerSchema::offers(std::string_view subresource) const
{
    return std::ranges::find(subresources, subresource) != subresources.end();
}

bool ServerSchema::hashesKernel(std::string_view technology) const
{
    const auto &fields = technology == "snp" ? snp : sev;
    return read && fields && fields->contains("kernelHashes");
}

bool ServerSchema::attestsSev() const
{
    return read && sev && sev->contains("attestation") && offers("sev/fetchcertchain") && offers("sev/setupsession")
        && offers("sev/querylaunchmeasurement") && offers("sev/injectlaunchsecret");
}

std::string Vmi::json() const
{
    return js::dump(document(*this));
}

std::string Vmi::yaml(const std::vector<std::string> &comments) const
{
    std::string text;
    for (const auto &comment : comments) {
        std::string line = comment;
        std::ranges::replace_if(line, [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
        text += "# " + line + "\n";
    }
    write(text, document(*this), 0);
    return text;
}

} // namespace kastellan::sev::kubevirt
