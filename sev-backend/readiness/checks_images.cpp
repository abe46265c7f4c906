// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/checks.h"

#include <format>

namespace kastellan::sev {
namespace {

constexpr std::string_view area = "Firmware images for guests";
constexpr const char *install = "sudo apt install ovmf-amdsev";

bool hasFeature(const HostFacts &facts, const std::string &image, std::string_view feature)
{
    const std::string padded = " " + std::string(facts.text(image + ".features").value_or("")) + " ";
    return padded.find(" " + std::string(feature) + " ") != std::string::npos;
}

/// Images whose descriptor names the feature and that say `yes` themselves under `fact` (empty: not asked).
Judgement image(const HostFacts &facts, std::string_view feature, std::string_view fact, const char *means, const char *remedy)
{
    std::string good, lacking;
    bool unread = false;
    for (const auto &number : facts.below("image.")) {
        const std::string key = "image." + number;
        if (!hasFeature(facts, key, feature))
            continue;
        const std::string path(facts.text(key + ".path").value_or("?"));
        const auto answer = fact.empty() ? std::optional(true) : facts.flag(key + "." + std::string(fact));
        std::string &list = answer.value_or(false) ? good : lacking;
        if (!answer)
            unread = true;
        if (list.find(path) == std::string::npos)
            list += (list.empty() ? "" : ", ") + path;
    }
    if (enclosed(facts))
        return {CheckState::Unknown, std::format("in {}: {}", *facts.text("env.enclosure"), good.empty() ? "none" : good), {}, {}, {},
            {}}; // see env.root
    if (!good.empty())
        return passed(good);
    if (!facts.has("images"))
        return unknown(facts, "images");
    if (unread)
        return {CheckState::Unknown, "can't be read: " + lacking, means, "Run as a user who may read it.", {}, {}};
    return failed(lacking.empty() ? "none" : "none; without it: " + lacking, means, remedy, install);
}

constexpr const char *forSnp = "Install an image for SEV-SNP: OVMF built from OvmfPkg/AmdSev/AmdSevX64.dsc, such as Debian's ovmf-amdsev.";

Judgement judgeSev(const HostFacts &facts)
{
    return image(facts, "amd-sev", {}, "No firmware image on this machine is meant for SEV guests.", "Install OVMF.");
}
Judgement judgeEs(const HostFacts &facts)
{
    return image(facts, "amd-sev-es", "es_reset", "No firmware image on this machine starts SEV-ES guests.", forSnp);
}
Judgement judgeSnp(const HostFacts &facts)
{
    return image(facts, "amd-sev-snp", "snp_metadata", "No firmware image on this machine starts SEV-SNP guests.", forSnp);
}
Judgement judgeHashes(const HostFacts &facts)
{
    return image(facts, "amd-sev", "hash_table",
        "Kernel, initrd and command line of a keep could not be measured: the image has no place for their hashes.", forSnp);
}
Judgement judgeHashesSnp(const HostFacts &facts)
{
    return image(facts, "amd-sev-snp", "snp_kernel_hashes",
        "Kernel, initrd and command line of a keep could not be measured under SEV-SNP: the image has no SNP_KERNEL_HASHES section.",
        forSnp);
}

} // namespace

void addImages(Checks &table)
{
    constexpr const char *where = "firmware descriptors of QEMU (JSON)";
    table.push_back({"image.sev", area, "For SEV", "", {}, {"sev"}, where, "QEMU docs/interop/firmware.json", judgeSev});
    table.push_back({"image.hashes", area, "Measures the kernel, SEV and SEV-ES", "image.sev", {"image.sev"}, {"sev", "es"},
        "the image's GUID table: SEV hash table", "AMDESE/AMDSEV#138", judgeHashes});
    table.push_back({"image.es", area, "For SEV-ES", "", {}, {"es"}, where, "QEMU docs/interop/firmware.json", judgeEs});
    table.push_back({"image.snp", area, "For SEV-SNP", "", {}, blocksSnp, where, "QEMU docs/interop/firmware.json", judgeSnp});
    table.push_back({"image.snp_hashes", area, "Measures the kernel, SEV-SNP", "image.snp", {"image.snp"}, blocksSnp,
        "the image's SEV metadata: SNP_KERNEL_HASHES", "virtee/sev-snp-measure", judgeHashesSnp});
}

} // namespace kastellan::sev
