// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "core/evidence/json.h"
#include "sev-backend/image/vm_image.h"

#include <algorithm>
#include <set>

namespace kastellan::sev {

namespace {

constexpr std::size_t manifestLimit = std::size_t{1} << 20;
constexpr std::int64_t largestFile = std::int64_t{4} << 30;
constexpr std::size_t longestCommandLine = 2047; // COMMAND_LINE_SIZE of x86 is 2048, with the closing NUL

bool isFileName(std::string_view name)
{
    return !name.empty() && name.size() <= 128 && name != "." && name != ".."
        && std::ranges::all_of(name, [](char letter) { return letter > ' ' && letter < 0x7f && letter != '/' && letter != '\\'; });
}

VmImageFile readFileEntry(js::Object &entry, const std::filesystem::path &folder, std::set<std::string> &names)
{
    VmImageFile file;
    const std::string name = entry.text("file");
    if (entry.status() && !isFileName(name))
        entry.wrong("file", "it is not the plain name of a file in the image's folder");
    if (entry.status() && !names.insert(name).second)
        entry.wrong("file", "another file has this name already");
    file.path = folder / name;
    file.size = static_cast<std::uint64_t>(entry.integer("size", 1, largestFile));
    file.sha256 = entry.fixedRequired<Sha256>("sha256");
    return file;
}

void readOne(js::Object &object, const char *key, VmImageFile &file, const std::filesystem::path &folder, std::set<std::string> &names)
{
    const js::In *value = object.find(key);
    if (!value)
        return object.wrong(key, "it is missing");
    js::Object entry(*value, object.place(key));
    file = readFileEntry(entry, folder, names);
    object.also(entry.status());
}

void readCommandLine(js::Object &object, VmImage &image)
{
    image.commandLine = object.text("command_line");
    if (image.commandLine.size() > longestCommandLine)
        return object.wrong("command_line", "it is longer than the 2047 characters that the kernel reads");
    if (!std::ranges::all_of(image.commandLine, [](char letter) { return letter >= ' ' && letter < 0x7f; }))
        return object.wrong("command_line", "it has characters that are not printable ASCII");
    if (const auto word = weakeningWord(image.commandLine))
        object.wrong("command_line", "its word '" + *word + "' takes protection away, and no keep image may have it");
}

} // namespace

Result<VmImage> parseVmImage(std::string_view json, const std::filesystem::path &folder)
{
    const std::string where = (folder / "image.json").string();
    KASTELLAN_ASSIGN(const js::In value, js::parse(json, where, manifestLimit));
    js::Object object(value, where);
    VmImage image;
    image.folder = folder;
    image.manifest = sha256(asBytes(json));
    if (object.text("format") != "kastellan-vm-image-1" && object.status())
        object.wrong("format", "it is not \"kastellan-vm-image-1\"");
    image.name = object.text("name");
    image.version = object.text("version");
    std::set<std::string> names{"image.json"};
    readOne(object, "firmware", image.firmware, folder, names);
    readOne(object, "kernel", image.kernel, folder, names);
    readOne(object, "initrd", image.initrd, folder, names);
    readCommandLine(object, image);
    object.each("documents", [&](const js::In &item, const std::string &place) -> Status {
        js::Object entry(item, place);
        image.documents.push_back(readFileEntry(entry, folder, names));
        return entry.status();
    });
    object.each("inputs", [&](const js::In &item, const std::string &place) -> Status {
        js::Object entry(item, place);
        VmImageInput input;
        input.name = entry.text("name");
        input.package = entry.textOr("package");
        input.version = entry.textOr("version");
        input.sha256 = entry.fixedRequired<Sha256>("sha256");
        image.inputs.push_back(std::move(input));
        return entry.status();
    });
    object.each("contents", [&](const js::In &item, const std::string &place) -> Status {
        js::Object entry(item, place);
        VmImageContent content;
        content.path = entry.text("path");
        content.size = static_cast<std::uint64_t>(entry.integer("size", 0, largestFile));
        content.mode = static_cast<std::uint32_t>(entry.integer("mode", 0, 07777));
        content.sha256 = entry.fixedRequired<Sha256>("sha256");
        image.contents.push_back(std::move(content));
        return entry.status();
    });
    KASTELLAN_TRY(object.status());
    return image;
}

} // namespace kastellan::sev
