// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/look.h"

#include "core/base/fd.h"
#include "core/evidence/json.h"
#include "sev-backend/measurement/ovmf.h"

#include <algorithm>
#include <cerrno>
#include <format>
#include <set>

#include <fcntl.h>
#include <sys/stat.h>

namespace kastellan::sev {
namespace {

constexpr std::size_t mostImages = 64, descriptorLimit = 1u << 20;
constexpr off_t tailSize = 256 * 1024; // OVMF's tables lie at the end of the image

struct Descriptor {
    std::string file, image, features, kind;
};

/// A firmware descriptor (QEMU docs/interop/firmware.json); nothing where it is none, or names no features of SEV.
std::optional<Descriptor> descriptorFrom(std::string_view text, const std::string &file)
{
    const auto value = js::parse(text, file, descriptorLimit);
    if (!value)
        return std::nullopt;
    js::Object object(*value, file);
    Descriptor descriptor;
    descriptor.file = file;
    for (const auto &feature : object.texts("features"))
        if (feature.starts_with("amd-sev"))
            descriptor.features += (descriptor.features.empty() ? "" : " ") + feature.substr(0, 40);
    const js::In *mapping = object.find("mapping");
    if (!object.status() || !mapping || !mapping->is_object())
        return std::nullopt;
    js::Object map(*mapping, file);
    descriptor.kind = map.textOr("device").substr(0, 40);
    descriptor.image = map.textOr("filename");
    if (const js::In *executable = map.find("executable"); executable && executable->is_object() && descriptor.image.empty())
        descriptor.image = js::Object(*executable, file).textOr("filename");
    if (!map.status() || descriptor.image.empty() || descriptor.image.size() > 4096)
        return std::nullopt;
    return descriptor;
}

/// What the image says of itself.
void lookInside(Looking &looking, const std::string &key, const std::string &image)
{
    auto &facts = looking.facts;
    const Fd file(::open(looking.at(image).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status{};
    if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
        facts.error(key + ".hash_table", image, file ? EINVAL : errno);
        return;
    }
    const off_t size = std::min(status.st_size, tailSize);
    Bytes tail(static_cast<std::size_t>(size));
    if (::pread(file.get(), tail.data(), tail.size(), status.st_size - size) != static_cast<ssize_t>(tail.size())) {
        facts.error(key + ".hash_table", image, errno ? errno : EIO);
        return;
    }
    const auto ovmf = Ovmf::parse(tail, image);
    if (!ovmf) {
        facts.failed(key + ".hash_table", image, ovmf.error().why);
        return;
    }
    const auto table = ovmf->hashTable();
    facts.setFlag(key + ".hash_table", table && table->size, image);
    facts.setFlag(key + ".es_reset", ovmf->apResetAddress().has_value(), image);
    facts.setFlag(key + ".snp_metadata", ovmf->hasSnpMetadata(), image);
    facts.setFlag(key + ".snp_kernel_hashes", ovmf->hasKernelHashesSection(), image);
}

} // namespace

void lookAtImages(Looking &looking)
{
    auto &facts = looking.facts;
    constexpr const char *folders[] = {"/etc/qemu/firmware", "/usr/local/share/qemu/firmware", "/usr/share/qemu/firmware"};
    std::set<std::string> seen; // a name in an earlier folder hides the later ones
    std::size_t count = 0;
    for (const std::string folder : folders) {
        int error = 0;
        for (const auto &name : looking.list(folder, error)) {
            if (!name.ends_with(".json") || !seen.insert(name).second || count >= mostImages)
                continue;
            const std::string path = folder + "/" + name;
            const auto content = looking.read(path, descriptorLimit);
            const auto descriptor = content.error ? std::nullopt : descriptorFrom(content.text, path);
            if (!descriptor)
                continue;
            const std::string key = std::format("image.{:02}", count++);
            facts.set(key + ".descriptor", descriptor->file, folder);
            facts.set(key + ".path", descriptor->image, descriptor->file);
            facts.set(key + ".features", descriptor->features, descriptor->file);
            facts.set(key + ".device", descriptor->kind, descriptor->file);
            lookInside(looking, key, descriptor->image);
        }
    }
    facts.set("images", static_cast<std::uint64_t>(count), "/etc/qemu/firmware, /usr/local/share/qemu/firmware, /usr/share/qemu/firmware");
}

} // namespace kastellan::sev
