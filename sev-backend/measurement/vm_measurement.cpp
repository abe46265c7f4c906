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
class Measuring
{
public:
    Measuring(const Ovmf &ovmf, const VmParameters &parameters, const std::function<void(const MeasuredRange &)> &each)
        : m_ovmf(ovmf)
        , m_parameters(parameters)
        , m_each(each)
    {
    }

    Result<LaunchDigest> run()
    {
        if (m_parameters.ovmfDigest) {
            m_digest = LaunchMeasurement(*m_parameters.ovmfDigest);
            tell(PageType::Normal, m_ovmf.gpa(), m_ovmf.image().size() / pageSize, "OVMF, by its digest");
        } else {
            contents(PageType::Normal, m_ovmf.gpa(), m_ovmf.image(), "OVMF");
        }
        KASTELLAN_TRY(metadata());
        // Application processors share one state, and so one hash of it.
        KASTELLAN_ASSIGN(const Bytes first, vmsaPage(m_parameters, 0, m_ovmf.apResetAddress(), true));
        contents(PageType::Vmsa, vmsaGpa, first, "VMSA of vCPU 0");
        if (m_parameters.vcpus > 1) {
            KASTELLAN_ASSIGN(const Bytes other, vmsaPage(m_parameters, 1, m_ovmf.apResetAddress(), true));
            for (unsigned number = 1; number < m_parameters.vcpus; ++number)
                contents(PageType::Vmsa, vmsaGpa, other, "VMSA of vCPU " + std::to_string(number));
        }
        return m_digest.digest();
    }

private:
    Status metadata()
    {
        if (m_parameters.boot && !m_ovmf.hasKernelHashesSection())
            return badInput("measure a direct boot", "the firmware image", "its metadata has no SNP_KERNEL_HASHES section for the kernel's hashes",
                            "Use a build with it (OVMF.amdsev), or measure without a kernel.");
        for (const auto &section : m_ovmf.sections())
            if (m_parameters.vmm != Vmm::Ec2 || Type(section.type) != Type::Cpuid)
                KASTELLAN_TRY(one(section));
        // EC2 loads the CPUID page after all others.
        if (m_parameters.vmm == Vmm::Ec2)
            for (const auto &section : m_ovmf.sections())
                if (Type(section.type) == Type::Cpuid)
                    KASTELLAN_TRY(one(section));
        return {};
    }

    Status one(const MetadataSection &section)
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
            return kernelHashes(section);
        }
        return badInput("measure the firmware's memory", "metadata section at " + std::to_string(section.gpa),
                        "its type " + nameOf(Type(section.type)) + " is not known to this version, so its digest would be a guess", "Use a newer Kastellan or another firmware build.");
    }

    Status kernelHashes(const MetadataSection &section)
    {
        const std::uint32_t gpa = m_ovmf.hashTable()->gpa;
        KASTELLAN_ASSIGN(const Bytes page, hashTablePage(*m_parameters.boot, gpa));
        const std::uint32_t pageGpa = gpa & ~0xfffu;
        const auto before = (pageGpa - section.gpa) / pageSize, total = section.size / pageSize;
        if (before)
            addresses(PageType::Zero, {section.gpa, static_cast<std::uint32_t>(before * pageSize), section.type});
        contents(PageType::Normal, pageGpa, page, "SNP_KERNEL_HASHES");
        if (const auto after = total - before - 1)
            addresses(PageType::Zero, {pageGpa + static_cast<std::uint32_t>(pageSize), static_cast<std::uint32_t>(after * pageSize), section.type});
        return {};
    }

    void contents(PageType type, std::uint64_t gpa, ByteView pages, std::string of)
    {
        m_digest.addPages(type, gpa, pages);
        tell(type, gpa, pages.size() / pageSize, std::move(of));
    }
    void addresses(PageType type, const MetadataSection &section)
    {
        m_digest.addAddresses(type, section.gpa, section.size / pageSize);
        tell(type, section.gpa, section.size / pageSize, nameOf(Type(section.type)));
    }
    void tell(PageType type, std::uint64_t gpa, std::uint64_t pages, std::string of)
    {
        if (m_each)
            m_each({type, gpa, pages, std::move(of), m_digest.digest()});
    }

    const Ovmf &m_ovmf;
    const VmParameters &m_parameters;
    const std::function<void(const MeasuredRange &)> &m_each;
    LaunchMeasurement m_digest;
};

Status needWholePages(const Ovmf &ovmf)
{
    if (ovmf.image().size() % pageSize)
        return badInput("measure the firmware", "the firmware image", "its size " + std::to_string(ovmf.image().size()) + " is not whole pages of 4096 bytes");
    return {};
}

} // namespace

Result<LaunchDigest> measureSnp(const Ovmf &ovmf, const VmParameters &parameters, const std::function<void(const MeasuredRange &)> &each)
{
    KASTELLAN_TRY(needWholePages(ovmf));
    return Measuring(ovmf, parameters, each).run();
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
            return badInput("measure a direct boot", "the firmware image", "it reserves no place for the kernel's hashes", "Use a build with it (OVMF.amdsev).");
        stream.add(buildHashTable(*parameters.boot));
    }
    for (unsigned number = 0; es && number < parameters.vcpus; ++number) {
        KASTELLAN_ASSIGN(const Bytes page, vmsaPage(parameters, number, ovmf.apResetAddress(), false));
        stream.add(page);
    }
    return stream.finish();
}

} // namespace kastellan::sev
