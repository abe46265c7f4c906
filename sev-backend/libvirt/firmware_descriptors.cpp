// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/libvirt/firmware_descriptors.h"

#include "core/base/file.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <map>

namespace kastellan::sev::libvirt {
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t descriptorLimit = 64 << 10;
constexpr std::size_t mostDescriptors = 256;

using Json = nlohmann::json;

/// The member of an object as a text; empty where there is none.
std::string text(const Json &object, const char *key)
{
    if (!object.is_object())
        return {};
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}
const Json &list(const Json &object, const char *key)
{
    static const Json none = Json::array();
    if (!object.is_object())
        return none;
    const auto found = object.find(key);
    return found != object.end() && found->is_array() ? *found : none;
}

bool isForQ35(const Json &descriptor)
{
    for (const auto &target : list(descriptor, "targets"))
        if (text(target, "architecture") == "x86_64")
            for (const auto &machine : list(target, "machines"))
                if (machine.is_string() && machine.get<std::string>().starts_with("pc-q35"))
                    return true;
    return false;
}

std::vector<fs::path> usualFolders()
{
    std::vector<fs::path> folders;
    const char *config = std::getenv("XDG_CONFIG_HOME"), *home = std::getenv("HOME");
    if (config && *config)
        folders.push_back(fs::path(config) / "qemu/firmware");
    else if (home && *home)
        folders.push_back(fs::path(home) / ".config/qemu/firmware");
    folders.insert(folders.end(), {"/etc/qemu/firmware", "/usr/share/qemu/firmware"});
    return folders;
}

} // namespace

bool FirmwareDescriptor::has(std::string_view feature) const
{
    return std::ranges::find(features, feature) != features.end();
}

Result<FirmwareDescriptor> parseFirmwareDescriptor(std::string_view json, std::string_view name)
{
    const auto wrong = [name](const char *why) { return badInput("read a firmware descriptor", std::string(name), why); };
    if (json.size() > descriptorLimit)
        return wrong("it is larger than 64 KiB");
    const Json descriptor = Json::parse(json, nullptr, false);
    if (!descriptor.is_object())
        return wrong("it is no JSON object");
    if (!isForQ35(descriptor))
        return wrong("it is not for x86_64 and q35");
    FirmwareDescriptor found;
    const auto mapping = descriptor.find("mapping");
    if (mapping == descriptor.end())
        return wrong("it names no image");
    found.memory = text(*mapping, "device") == "memory";
    found.image = text(*mapping, "filename");
    if (const auto executable = mapping->is_object() ? mapping->find("executable") : mapping->end();
        found.image.empty() && mapping->is_object() && executable != mapping->end())
        found.image = text(*executable, "filename");
    if (!found.image.is_absolute())
        return wrong("it names no image by an absolute path");
    for (const auto &feature : list(descriptor, "features"))
        if (feature.is_string() && found.features.size() < mostDescriptors)
            found.features.push_back(feature.get<std::string>());
    return found;
}

Result<fs::path> chooseFirmware(std::string_view technology, const std::vector<fs::path> &given)
{
    const std::string_view feature = technology == "snp" ? "amd-sev-snp" : technology == "es" ? "amd-sev-es" : "amd-sev";
    std::map<std::string, fs::path> files; // by name, which orders them
    for (const auto &folder : given.empty() ? usualFolders() : given) {
        std::error_code code;
        for (const auto &entry : fs::directory_iterator(folder, code))
            if (entry.path().extension() == ".json" && files.size() < mostDescriptors)
                files.try_emplace(entry.path().filename().string(), entry.path());
    }
    std::error_code code;
    for (const auto &[name, path] : files) {
        const auto content = readFile(path, descriptorLimit);
        const auto found = content ? parseFirmwareDescriptor(asText(*content), name) : Result<FirmwareDescriptor>(FirmwareDescriptor{});
        if (found && found->memory && found->has(feature) && fs::exists(found->image, code))
            return found->image;
    }
    return environment("choose the firmware", std::string(feature),
        "no firmware on this machine is described as fit for it, loaded into memory and with its kernel measured",
        "Install OVMF's AmdSev build (Debian: ovmf-amdsev), or give the file with --firmware.");
}

} // namespace kastellan::sev::libvirt
