// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "core/base/file.h"
#include "sev-backend/image/vm_image.h"
#include "sev-backend/measurement/vm_measurement.h"

namespace kastellan::sev {

namespace {

constexpr std::uint64_t firmwareLimit = std::uint64_t{64} << 20;
constexpr unsigned mostProcessors = 512;

// The image's firmware is read here once more, and what was read is what is measured: it has to be what image.json says.
Result<Bytes> readFirmware(const VmImage &image, const std::optional<std::filesystem::path> &other)
{
    KASTELLAN_ASSIGN(Bytes bytes, readFile(other.value_or(image.firmware.path), firmwareLimit));
    if (!other && sha256(bytes) != image.firmware.sha256)
        return fail(ErrorKind::Negative, "compute the launch digest", image.firmware.path.string(),
            "the firmware is not the one of image.json", "Make the image again with 'keepctl image build'.");
    return bytes;
}

Result<VmParameters> parametersFor(const VmImage &image, unsigned vcpus, std::string_view cpuModel)
{
    if (vcpus == 0 || vcpus > mostProcessors)
        return badInput("compute the launch digest", std::to_string(vcpus) + " vCPUs", "a keep has 1 to 512");
    const auto signature = cpuSignatureOf(cpuModel);
    if (!signature) {
        std::string known;
        for (const CpuModel &model : cpuModels())
            known += (known.empty() ? "" : ", ") + std::string(model.name);
        return badInput("compute the launch digest", "CPU model " + std::string(cpuModel),
            "its CPUID signature, which is measured, is not known", "Known are " + known + ".");
    }
    VmParameters parameters;
    parameters.vcpus = vcpus;
    parameters.cpuSignature = *signature;
    parameters.boot = BootHashes{image.kernel.sha256, image.initrd.sha256, commandLineHash(image.commandLine)};
    return parameters;
}

} // namespace

Result<LaunchDigest> expectedSnp(
    const VmImage &image, unsigned vcpus, std::string_view cpuModel, const std::optional<std::filesystem::path> &firmware)
{
    KASTELLAN_ASSIGN(const VmParameters parameters, parametersFor(image, vcpus, cpuModel));
    KASTELLAN_ASSIGN(const Bytes bytes, readFirmware(image, firmware));
    KASTELLAN_ASSIGN(const Ovmf ovmf, Ovmf::parse(bytes, firmware.value_or(image.firmware.path).string()));
    return measureSnp(ovmf, parameters);
}

Result<Sha256> expectedSev(
    const VmImage &image, unsigned vcpus, std::string_view cpuModel, bool es, const std::optional<std::filesystem::path> &firmware)
{
    KASTELLAN_ASSIGN(const VmParameters parameters, parametersFor(image, vcpus, cpuModel));
    KASTELLAN_ASSIGN(const Bytes bytes, readFirmware(image, firmware));
    KASTELLAN_ASSIGN(const Ovmf ovmf, Ovmf::parse(bytes, firmware.value_or(image.firmware.path).string()));
    return measureSev(ovmf, parameters, es);
}

Result<std::vector<MeasuredFile>> measuredFiles(const VmImage &image, const std::optional<std::filesystem::path> &firmware)
{
    MeasuredFile first{.path = "firmware", .size = image.firmware.size, .sha256 = image.firmware.sha256};
    if (firmware) {
        KASTELLAN_ASSIGN(const Bytes bytes, readFirmware(image, firmware));
        first.size = bytes.size();
        first.sha256 = sha256(bytes);
    }
    return std::vector<MeasuredFile>{std::move(first), {.path = "kernel", .size = image.kernel.size, .sha256 = image.kernel.sha256},
        {.path = "initrd", .size = image.initrd.size, .sha256 = image.initrd.sha256},
        {.path = "command line", .size = image.commandLine.size() + 1, .sha256 = commandLineHash(image.commandLine)}};
}

} // namespace kastellan::sev
