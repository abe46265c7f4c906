// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/commands.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "core/evidence/json.h"
#include "sev-backend/image/vm_image.h"
#include "sev-backend/measurement/vm_measurement.h"

#include <format>

namespace kastellan::keepctl {

namespace fs = std::filesystem;

namespace {

fs::path folderOf(const Invocation &asked)
{
    return asked.operands.empty() ? sev::defaultVmImageFolder() : fs::path(asked.operands.front());
}

std::uint64_t sizeOf(const sev::VmImage &image)
{
    return image.firmware.size + image.kernel.size + image.initrd.size;
}

struct Digests {
    std::string model;
    LaunchDigest snp;
    Sha256 es;
};

/// Of the model that was asked for, else of one of each family (the names without a version).
Result<std::vector<Digests>> digestsOf(
    const sev::VmImage &image, unsigned vcpus, const std::string &model, const std::optional<fs::path> &firmware)
{
    std::vector<std::string> models;
    if (!model.empty())
        models.push_back(model);
    else
        for (const sev::CpuModel &known : sev::cpuModels())
            if (!known.name.contains("-v") && !known.name.contains("IBPB"))
                models.emplace_back(known.name);
    std::vector<Digests> digests;
    for (const std::string &name : models) {
        KASTELLAN_ASSIGN(const LaunchDigest snp, sev::expectedSnp(image, vcpus, name, firmware));
        KASTELLAN_ASSIGN(const Sha256 es, sev::expectedSev(image, vcpus, name, true, firmware));
        digests.push_back({name, snp, es});
    }
    return digests;
}

js::Out fileJson(const sev::VmImageFile &file)
{
    return {{"file", file.path.filename().string()}, {"size", file.size}, {"sha256", toHex(file.sha256.view())}};
}

js::Out imageJson(const sev::VmImage &image)
{
    js::Out documents = js::Out::array(), inputs = js::Out::array(), contents = js::Out::array();
    for (const auto &file : image.documents)
        documents.push_back(fileJson(file));
    for (const auto &input : image.inputs)
        inputs.push_back(
            {{"name", input.name}, {"package", input.package}, {"version", input.version}, {"sha256", toHex(input.sha256.view())}});
    for (const auto &file : image.contents)
        contents.push_back(
            {{"path", file.path}, {"mode", std::format("{:04o}", file.mode)}, {"size", file.size}, {"sha256", toHex(file.sha256.view())}});
    return {{"image", image.folder.string()}, {"name", image.name}, {"version", image.version},
        {"manifest_sha256", toHex(image.manifest.view())}, {"bytes", sizeOf(image)}, {"firmware", fileJson(image.firmware)},
        {"kernel", fileJson(image.kernel)}, {"initrd", fileJson(image.initrd)}, {"command_line", image.commandLine},
        {"documents", std::move(documents)}, {"inputs", std::move(inputs)}, {"contents", std::move(contents)}};
}

std::string imageText(const sev::VmImage &image)
{
    const auto line = [](const sev::VmImageFile &file) {
        return std::format("{}  {:>8}  {}", toHex(file.sha256.view()), sizeText(file.size), inLine(file.path.filename().string()));
    };
    return facts({{"image", inLine(image.folder.string())}, {"name", inLine(image.name + " " + image.version)},
        {"image.json", toHex(image.manifest.view())}, {"firmware", line(image.firmware)}, {"kernel", line(image.kernel)},
        {"initrd", line(image.initrd)}, {"together", sizeText(sizeOf(image))}, {"command line", inLine(image.commandLine)}});
}

std::string inputsText(const sev::VmImage &image)
{
    Table table({"INPUT", "PACKAGE", "VERSION", "SHA-256"});
    for (const auto &input : image.inputs)
        table.add({inLine(input.name), inLine(input.package), inLine(input.version), toHex(input.sha256.view())});
    return table.text(1);
}

} // namespace

Result<int> imageShow(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const std::uint64_t vcpus, asked.number("vcpus", 1, 512));
    std::optional<fs::path> firmware;
    if (asked.has("firmware"))
        firmware = asked.value("firmware");
    KASTELLAN_ASSIGN(const sev::VmImage image, sev::openVmImage(folderOf(asked)));
    KASTELLAN_ASSIGN(const auto digests, digestsOf(image, static_cast<unsigned>(vcpus), asked.value("cpu-model"), firmware));
    KASTELLAN_ASSIGN(const Sha256 sev, sev::expectedSev(image, 1, "EPYC-v4", false, firmware)); // without ES no processor is measured
    if (asked.has("json")) {
        js::Out value = imageJson(image), list = js::Out::array();
        for (const Digests &one : digests)
            list.push_back({{"vcpus", vcpus}, {"cpu_model", one.model}, {"snp", toHex(one.snp.view())}, {"es", toHex(one.es.view())}});
        if (firmware)
            value["firmware_given"] = firmware->string();
        value["sev"] = toHex(sev.view());
        value["digests"] = std::move(list);
        printJson(value);
        return exit_code::done;
    }
    print(imageText(image) + "\n" + inputsText(image) + "\n");
    print(std::format(
        "launch digests to expect{}, {} vCPU{}\n", firmware ? " with " + inLine(firmware->string()) : "", vcpus, vcpus == 1 ? "" : "s"));
    print("  " + painted(1, Colour::Bold, "SEV") + "\n    any model\n      " + toHex(sev.view()) + "\n");
    for (const bool snp : {false, true}) {
        print("  " + painted(1, Colour::Bold, snp ? "SEV-SNP" : "SEV-ES") + "\n");
        for (const Digests &one : digests)
            print("    " + one.model + "\n      " + (snp ? toHex(one.snp.view()) : toHex(one.es.view())) + "\n");
    }
    return exit_code::done;
}

Result<int> imageVerify(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const sev::VmImage image, sev::openVmImage(folderOf(asked)));
    if (asked.has("json"))
        printJson({{"image", image.folder.string()}, {"manifest_sha256", toHex(image.manifest.view())},
            {"files", 3 + image.documents.size()}, {"matches", true}});
    else
        print(std::format("{}: {} files, each as image.json has it (SHA-256 of image.json: {})\n", inLine(image.folder.string()),
            3 + image.documents.size(), toHex(image.manifest.view())));
    return exit_code::done;
}

} // namespace kastellan::keepctl
