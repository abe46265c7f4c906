// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/measurement/vm_measurement.h"

#include "core/base/digest.h"
#include "sev-backend/abi/vmsa.h"
#include "sev-backend/measurement/launch_measurement.h"

#include <algorithm>

namespace kastellan::sev {
namespace {

using Type = MetadataSection::Type;

/// Guest memory in the order in which the VMM hands it to the firmware.
class Measuring {
public:
    Measuring(const VmParameters &parameters, const MeasureListener &listener)
        : m_parameters(parameters)
        , m_listener(listener)
    {
        observe();
    }

    void firmware(const Ovmf &ovmf)
    {
        if (m_parameters.ovmfDigest) {
            m_digest = LaunchMeasurement(*m_parameters.ovmfDigest);
            observe();
            tell(PageType::Normal, ovmf.gpa(), ovmf.image().size() / pageSize, "OVMF, by its digest");
        } else {
            image(ovmf, ovmf.gpa(), "OVMF");
        }
    }
    void image(const Ovmf &image, std::uint64_t gpa, std::string of) { contents(PageType::Normal, gpa, image.image(), std::move(of)); }
    /// The same page for the processors from `first` up to `end`.
    void processors(ByteView page, unsigned first, unsigned end)
    {
        const Sha384 hash = sha384(page);
        for (unsigned number = first; number < end; ++number) {
            m_of = "VMSA of vCPU " + std::to_string(number);
            m_digest.addHashed(PageType::Vmsa, vmsaGpa, hash);
            tell(PageType::Vmsa, vmsaGpa, 1, m_of);
        }
    }
    [[nodiscard]] const LaunchDigest &digest() const { return m_digest.digest(); }

    /// The sections of the metadata, in the VMM's order.
    Status metadata(const Ovmf &ovmf)
    {
        if (m_parameters.boot && !ovmf.hasKernelHashesSection())
            return badInput("measure a direct boot", "the firmware image",
                "its metadata has no SNP_KERNEL_HASHES section for the kernel's hashes",
                "Use a build with it (OVMF.amdsev), or measure without a kernel.");
        for (const auto &section : ovmf.sections())
            if (m_parameters.vmm != Vmm::Ec2 || Type(section.type) != Type::Cpuid)
                KASTELLAN_TRY(one(ovmf, section));
        // EC2 loads the CPUID page after all others.
        if (m_parameters.vmm == Vmm::Ec2)
            for (const auto &section : ovmf.sections())
                if (Type(section.type) == Type::Cpuid)
                    KASTELLAN_TRY(one(ovmf, section));
        return {};
    }

private:
    Status one(const Ovmf &ovmf, const MetadataSection &section)
    {
        switch (Type(section.type)) {
        case Type::SecMemory:
            addresses(m_parameters.vmm == Vmm::Gce ? PageType::Unmeasured : PageType::Zero, section);
            return {};
        case Type::Secrets:
            addresses(PageType::Secrets, section);
            return {};
        case Type::Cpuid:
            addresses(PageType::Cpuid, section);
            return {};
        case Type::SvsmCaa:
            addresses(PageType::Zero, section);
            return {};
        case Type::KernelHashes:
            if (!m_parameters.boot) {
                addresses(PageType::Zero, section);
                return {};
            }
            return kernelHashes(ovmf, section);
        }
        return badInput("measure the firmware's memory", "metadata section at " + std::to_string(section.gpa),
            "its type " + nameOf(Type(section.type)) + " is not known to this version, so its digest would be a guess",
            "Use a newer Kastellan or another firmware build.");
    }

    Status kernelHashes(const Ovmf &ovmf, const MetadataSection &section)
    {
        const std::uint32_t gpa = ovmf.hashTable()->gpa;
        KASTELLAN_ASSIGN(const Bytes page, hashTablePage(*m_parameters.boot, gpa));
        const std::uint32_t pageGpa = gpa & ~0xfffu;
        const auto before = (pageGpa - section.gpa) / pageSize, total = section.size / pageSize;
        if (before)
            addresses(PageType::Zero, {section.gpa, static_cast<std::uint32_t>(before * pageSize), section.type});
        contents(PageType::Normal, pageGpa, page, "SNP_KERNEL_HASHES");
        if (const auto after = total - before - 1)
            addresses(PageType::Zero,
                {pageGpa + static_cast<std::uint32_t>(pageSize), static_cast<std::uint32_t>(after * pageSize), section.type});
        return {};
    }

    void contents(PageType type, std::uint64_t gpa, ByteView pages, std::string of)
    {
        m_of = of;
        m_digest.addPages(type, gpa, pages);
        tell(type, gpa, pages.size() / pageSize, std::move(of));
    }
    void addresses(PageType type, const MetadataSection &section)
    {
        m_of = nameOf(Type(section.type));
        m_digest.addAddresses(type, section.gpa, section.size / pageSize);
        tell(type, section.gpa, section.size / pageSize, m_of);
    }
    void tell(PageType type, std::uint64_t gpa, std::uint64_t pages, std::string of)
    {
        if (m_listener.range)
            m_listener.range({type, gpa, pages, std::move(of), m_digest.digest()});
    }
    void observe()
    {
        if (m_listener.page)
            m_digest.observe([this](PageType type, std::uint64_t gpa, const Sha384 &contents, const LaunchDigest &after) {
                m_listener.page({type, gpa, m_of, contents, after});
            });
    }

    const VmParameters &m_parameters;
    const MeasureListener &m_listener;
    LaunchMeasurement m_digest;
    std::string m_of; ///< what the pages that are being measured hold
};

Status needWholePages(const Ovmf &ovmf)
{
    if (ovmf.image().size() % pageSize)
        return badInput("measure the firmware", "the firmware image",
            "its size " + std::to_string(ovmf.image().size()) + " is not whole pages of 4096 bytes",
            "Give the file as it was built, whole.");
    return {};
}

} // namespace

Result<LaunchDigest> measureSnp(const Ovmf &ovmf, const VmParameters &parameters, const MeasureListener &listener)
{
    KASTELLAN_TRY(needWholePages(ovmf));
    Measuring measuring(parameters, listener);
    measuring.firmware(ovmf);
    KASTELLAN_TRY(measuring.metadata(ovmf));
    KASTELLAN_ASSIGN(const Bytes first, vmsaPage(parameters, 0, ovmf.apResetAddress(), true));
    measuring.processors(first, 0, 1);
    if (parameters.vcpus > 1) {
        // Application processors share one state.
        KASTELLAN_ASSIGN(const Bytes other, vmsaPage(parameters, 1, ovmf.apResetAddress(), true));
        measuring.processors(other, 1, parameters.vcpus);
    }
    return measuring.digest();
}

Result<LaunchDigest> measureSnpMemory(const Ovmf &ovmf, const VmParameters &parameters, const MeasureListener &listener)
{
    KASTELLAN_TRY(needWholePages(ovmf));
    Measuring measuring(parameters, listener);
    measuring.firmware(ovmf);
    KASTELLAN_TRY(measuring.metadata(ovmf));
    return measuring.digest();
}

Result<SvsmPlace> placeSvsm(const Ovmf &ovmf, const Ovmf &svsm, std::uint64_t varsSize)
{
    const std::string what = "place the SVSM's image";
    const auto offset = svsm.svsmLaunchOffset();
    if (!offset)
        return badInput(what, "the SVSM image", "its table of GUIDs has no SVSM entry, which says where it begins",
            "Give a COCONUT SVSM image (svsm.bin), not a firmware.");
    if (varsSize % pageSize)
        return badInput(what, "the variables of the firmware",
            "their size " + std::to_string(varsSize) + " is not whole pages of 4096 bytes",
            "Give the size of the OVMF_VARS file that the machine uses.");
    if (varsSize > ovmf.gpa() || svsm.image().size() > ovmf.gpa() - varsSize)
        return badInput(what, "the SVSM image", "firmware, variables and SVSM do not fit below 4 GiB");
    const std::uint64_t gpa = ovmf.gpa() - varsSize - svsm.image().size();
    if (*offset >= svsm.image().size())
        return badInput(what, "the SVSM image", "its entry lies " + std::to_string(*offset) + " bytes from its start, behind its end");
    return SvsmPlace{gpa, static_cast<std::uint32_t>(gpa + *offset)};
}

Result<LaunchDigest> measureSvsm(
    const Ovmf &ovmf, const Ovmf &svsm, std::uint64_t varsSize, const VmParameters &parameters, const MeasureListener &listener)
{
    if (parameters.vmm != Vmm::Qemu)
        return badInput("measure a machine with an SVSM", {}, "only QEMU launches one in a known way", "Leave --vmm-type away.");
    if (parameters.boot)
        return badInput("measure a machine with an SVSM", {}, "COCONUT's QEMU measures no kernel in this mode", "Leave --kernel away.");
    KASTELLAN_TRY(needWholePages(ovmf));
    KASTELLAN_TRY(needWholePages(svsm));
    KASTELLAN_ASSIGN(const SvsmPlace place, placeSvsm(ovmf, svsm, varsSize));
    Measuring measuring(parameters, listener);
    measuring.firmware(ovmf);
    measuring.image(svsm, place.gpa, "SVSM");
    KASTELLAN_TRY(measuring.metadata(svsm));
    measuring.processors(svsmVmsaPage(parameters.cpuSignature, place.entry), 0, parameters.vcpus);
    return measuring.digest();
}

LaunchDigest measureOvmfPages(const Ovmf &ovmf)
{
    LaunchMeasurement digest;
    digest.addPages(PageType::Normal, ovmf.gpa(), ovmf.image());
    return digest.digest();
}

Result<Sha256> measureSev(const Ovmf &ovmf, const VmParameters &parameters, bool es)
{
    Sha256Stream stream;
    stream.add(ovmf.image());
    if (parameters.boot) {
        if (!ovmf.hashTable() || ovmf.hashTable()->gpa == 0)
            return badInput("measure a direct boot", "the firmware image", "it reserves no place for the kernel's hashes",
                "Use a build with it (OVMF.amdsev).");
        stream.add(buildHashTable(*parameters.boot));
    }
    for (unsigned number = 0; es && number < parameters.vcpus; ++number) {
        KASTELLAN_ASSIGN(const Bytes page, vmsaPage(parameters, number, ovmf.apResetAddress(), false));
        stream.add(page);
    }
    return stream.finish();
}

} // namespace kastellan::sev
