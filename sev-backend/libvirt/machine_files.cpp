// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/libvirt/machine_files.h"

#include "core/base/file.h"
#include "sev-backend/libvirt/firmware_descriptors.h"
#include "sev-backend/machine/launch.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace kastellan::sev::libvirt {
namespace fs = std::filesystem;

namespace {

constexpr const char *what = "plan the launch";

/// "qcow2" by its magic bytes, else "raw": libvirt must not guess, for a guest could write another format's header onto its disk.
Result<std::string> formatOf(const fs::path &disk)
{
    const Fd file(::open(disk.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file)
        return cannotOpen(what, disk.string(), errno);
    std::array<char, 4> magic{};
    const bool read = ::pread(file.get(), magic.data(), magic.size(), 0) == static_cast<ssize_t>(magic.size());
    return read && std::memcmp(magic.data(), "QFI\xfb", magic.size()) == 0 ? "qcow2" : "raw";
}

Result<MeasuredFile> measured(const std::string &path, const fs::path &file)
{
    MeasuredFile one;
    one.path = path;
    std::error_code code;
    one.size = fs::file_size(file, code);
    if (code)
        return cannotOpen(what, file.string(), code.value());
    KASTELLAN_ASSIGN(one.sha256, hashFile(file.string()));
    return one;
}

Status measureWhole(const MachineFiles &files, const Choice &choice, unsigned vcpus, LaunchPlan &plan)
{
    LaunchParameters parameters;
    parameters.kind = choice.kind();
    parameters.vcpus = vcpus;
    parameters.cpuModel = choice.cpuModel;
    parameters.cpuSignature = cpuSignatureOf(choice.cpuModel);
    parameters.ovmf = files.firmware.string();
    parameters.kernel = files.kernel.string();
    parameters.initrd = files.initrd.string();
    parameters.append = files.commandLine;
    parameters.policy = choice.policy;
    for (const auto &[name, file] : {std::pair{"firmware", &files.firmware}, {"kernel", &files.kernel}, {"initrd", &files.initrd}})
        if (!file->empty()) {
            KASTELLAN_ASSIGN(MeasuredFile one, measured(name, *file));
            plan.image.push_back(std::move(one));
        }
    KASTELLAN_ASSIGN(const Launch launch, Launch::open(parameters));
    KASTELLAN_ASSIGN(const Bytes digest, launch.measure());
    if (choice.technology == "snp") {
        KASTELLAN_ASSIGN(plan.expected.launchDigest, LaunchDigest::from(digest, "launch digest"));
    } else {
        KASTELLAN_ASSIGN(plan.expected.shortLaunchDigest, Sha256::from(digest, "launch digest"));
    }
    return {};
}

} // namespace

std::vector<HostFile> MachineFiles::forHost() const
{
    std::vector<HostFile> all;
    for (const auto &[role, file] : {std::pair{"firmware", &firmware}, {"kernel", &kernel}, {"initrd", &initrd}, {"disk", &disk}})
        if (!file->empty())
            all.push_back({role, *file, {}, std::string_view(role) != "disk"});
    return all;
}

Result<MachineFiles> findFiles(const MachineRequest &request, const std::string &technology, const fs::path &imageFolder)
{
    MachineFiles files;
    const bool attested = technology != "none";
    if (!request.firmware.empty()) {
        std::error_code code;
        files.givenFirmware = fs::absolute(request.firmware, code);
        if (!fs::is_regular_file(*files.givenFirmware, code))
            return badInput(what, request.firmware, "there is no such firmware image", "Check --firmware.");
    }
    if (request.whole) {
        files.kernel = request.whole->kernel;
        files.initrd = request.whole->initrd;
        files.disk = request.whole->disk;
        files.commandLine = request.whole->commandLine;
        if (!files.disk.empty()) {
            KASTELLAN_ASSIGN(files.diskFormat, formatOf(files.disk));
        }
        if (files.givenFirmware) {
            files.firmware = *files.givenFirmware;
        } else if (attested) {
            KASTELLAN_ASSIGN(files.firmware, chooseFirmware(technology));
        }
        return files;
    }
    fs::path folder = request.image.empty() ? imageFolder : fs::path(request.image);
    if (folder.empty())
        folder = defaultVmImageFolder();
    KASTELLAN_ASSIGN(files.image, openVmImage(folder));
    files.kernel = files.image->kernel.path;
    files.initrd = files.image->initrd.path;
    files.commandLine = files.image->commandLine;
    // Without SEV the firmware's AmdSev build finds no hashes and starts nothing; QEMU's own then starts the kernel.
    if (attested)
        files.firmware = files.givenFirmware.value_or(files.image->firmware.path);
    else if (files.givenFirmware)
        files.firmware = *files.givenFirmware;
    if (!attested)
        files.commandLine += (files.commandLine.empty() ? "" : " ") + std::string(unattestedWord);
    return files;
}

Status measureFiles(const MachineFiles &files, const Choice &choice, unsigned vcpus, LaunchPlan &plan)
{
    const bool snp = choice.technology == "snp";
    if (plan.expected.launchDigest && !snp)
        return badInput(what, "--expect-digest",
            "a launch digest of 48 bytes is SEV-SNP's, and " + std::string(titleOf(choice.technology)) + " was chosen",
            "Demand --technology snp, or give 64 hex digits, or none.");
    if (plan.expected.shortLaunchDigest && (snp || !choice.attested()))
        return badInput(what, "--expect-digest",
            "a launch digest of 32 bytes is that of SEV or SEV-ES, and "
                + (snp ? std::string(titleOf(choice.technology)) + " was chosen" : std::string("nothing is measured")),
            "Give the 96 hex digits of SEV-SNP, or none.");
    const auto given = plan.expected.launchDigest;
    const auto givenShort = plan.expected.shortLaunchDigest;
    plan.image.clear();
    if (!choice.attested()) {
        for (const auto &file : files.forHost()) {
            KASTELLAN_ASSIGN(MeasuredFile one, measured(file.role, file.path));
            plan.image.push_back(std::move(one));
        }
        return {};
    }
    if (!files.image) {
        KASTELLAN_TRY(measureWhole(files, choice, vcpus, plan));
    } else {
        KASTELLAN_ASSIGN(plan.image, measuredFiles(*files.image, files.givenFirmware));
        if (snp) {
            KASTELLAN_ASSIGN(plan.expected.launchDigest, expectedSnp(*files.image, vcpus, choice.cpuModel, files.givenFirmware));
        } else {
            KASTELLAN_ASSIGN(plan.expected.shortLaunchDigest,
                expectedSev(*files.image, vcpus, choice.cpuModel, choice.technology == "es", files.givenFirmware));
        }
    }
    if (given)
        plan.expected.launchDigest = given;
    if (givenShort)
        plan.expected.shortLaunchDigest = givenShort;
    return {};
}

} // namespace kastellan::sev::libvirt
