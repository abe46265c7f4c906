// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/machine/launch.h"

#include "core/base/file.h"

namespace kastellan::sev {

namespace {

constexpr const char *what = "measure a virtual machine";

bool isSnp(GuestKind kind)
{
    return kind == GuestKind::Snp || kind == GuestKind::SnpSvsm;
}

} // namespace

Status Launch::readFirmware()
{
    if (m_parameters.ovmf.empty())
        return badInput(what, {}, "its firmware is not given", "Give --ovmf FILE: the OVMF image that the machine starts with.");
    KASTELLAN_ASSIGN(m_ovmfImage, readFile(m_parameters.ovmf, firmwareLimit));
    KASTELLAN_ASSIGN(m_ovmf, Ovmf::parse(m_ovmfImage, m_parameters.ovmf));
    if (kind() == GuestKind::Snp && !m_ovmf->hasSnpMetadata())
        return badInput(what, m_parameters.ovmf, "this firmware has no SNP metadata: it can't start a SEV-SNP guest",
            "Use an OVMF build with SEV-SNP support (edk2-stable202202 or later).");
    if (kind() != GuestKind::SnpSvsm)
        return {};
    if (m_parameters.svsm.empty())
        return badInput(what, {}, "the SVSM's image is not given", "Give --svsm FILE.");
    if (!m_parameters.varsSize)
        return badInput(what, {}, "the size of the firmware's variables is not given, and the SVSM lies below them",
            "Give --vars-size BYTES or --vars-file FILE.");
    KASTELLAN_ASSIGN(m_svsmImage, readFile(m_parameters.svsm, firmwareLimit));
    KASTELLAN_ASSIGN(m_svsm, Ovmf::parse(m_svsmImage, m_parameters.svsm));
    return {};
}

Status Launch::fitTogether()
{
    if (!m_parameters.kind)
        return badInput(what, {}, "how its memory is protected is not known", "Say sev, es, snp or svsm.");
    if (m_parameters.kernel.empty() && (!m_parameters.initrd.empty() || !m_parameters.append.empty()))
        return badInput(what, {}, "an initrd or a command line without a kernel is not measured",
            "Give --kernel too, or leave --initrd and --append away.");
    if (!m_parameters.kernel.empty() && kind() == GuestKind::SnpSvsm)
        return badInput(what, {}, "with an SVSM no kernel is measured", "Leave --kernel away.");
    if (m_parameters.ovmfDigest && kind() != GuestKind::Snp)
        return badInput(
            what, {}, "the digest of the firmware's pages can stand for the firmware with SEV-SNP only", "Leave --snp-ovmf-hash away.");
    if (kind() == GuestKind::Sev)
        return {};
    if (!m_parameters.vcpus)
        return badInput(what, {}, "the number of its vCPUs is not given", "Give --vcpus N.");
    if (*m_parameters.vcpus == 0 || *m_parameters.vcpus > mostVcpus)
        return badInput(
            what, "--vcpus " + std::to_string(*m_parameters.vcpus), "a machine has 1 to " + std::to_string(mostVcpus) + " vCPUs");
    if (!isSnp(kind()) && m_parameters.vmm != Vmm::Qemu && m_parameters.vmm != Vmm::Krun)
        return badInput(what, "--vmm-type " + std::string(name(m_parameters.vmm)), "this VMM starts no SEV-ES guests");
    const bool anySignature = m_parameters.vmm == Vmm::Ec2 || m_parameters.vmm == Vmm::Gce;
    if (!m_parameters.cpuSignature && !anySignature)
        return badInput(what, m_parameters.cpuModel,
            m_parameters.cpuModel.empty() ? "the model of its vCPUs is not given" : "the CPUID signature of this CPU model is not known",
            "Give --vcpu-type (QEMU's name), --vcpu-sig, or --vcpu-family, --vcpu-model and --vcpu-stepping.");
    return {};
}

Result<Launch> Launch::open(const LaunchParameters &parameters)
{
    Launch launch;
    launch.m_parameters = parameters;
    KASTELLAN_TRY(launch.fitTogether());
    KASTELLAN_TRY(launch.readFirmware());
    VmParameters &machine = launch.m_machine;
    machine.vcpus = parameters.vcpus.value_or(1);
    machine.cpuSignature = parameters.cpuSignature.value_or(0);
    machine.vmm = parameters.vmm;
    machine.guestFeatures = parameters.guestFeatures;
    machine.oldVmsa = parameters.oldVmsa;
    machine.ec2Rdx = parameters.ec2Rdx;
    machine.ovmfDigest = parameters.ovmfDigest;
    if (!parameters.kernel.empty()) {
        KASTELLAN_ASSIGN(launch.m_files, hashBoot(parameters.kernel, parameters.initrd, parameters.append));
        if (parameters.kernelHashes)
            machine.boot = launch.m_files;
    }
    return launch;
}

Result<Bytes> Launch::measure(const MeasureListener &listener) const
{
    const auto named = [this](Error error) {
        if (error.where == "the firmware image")
            error.where = m_parameters.ovmf;
        else if (error.where == "the SVSM image")
            error.where = m_parameters.svsm;
        return std::unexpected(std::move(error));
    };
    if (isSnp(kind())) {
        const auto digest = kind() == GuestKind::SnpSvsm ? measureSvsm(*m_ovmf, *m_svsm, *m_parameters.varsSize, m_machine, listener)
                                                         : measureSnp(*m_ovmf, m_machine, listener);
        return digest ? Result<Bytes>(toBytes(digest->view())) : named(digest.error());
    }
    const auto digest = measureSev(*m_ovmf, m_machine, kind() == GuestKind::SevEs);
    return digest ? Result<Bytes>(toBytes(digest->view())) : named(digest.error());
}

Result<std::vector<Bytes>> Launch::vmsas() const
{
    std::vector<Bytes> pages;
    if (kind() == GuestKind::Sev)
        return pages;
    if (kind() == GuestKind::SnpSvsm) {
        KASTELLAN_ASSIGN(const SvsmPlace place, placeSvsm(*m_ovmf, *m_svsm, *m_parameters.varsSize));
        pages.assign(m_machine.vcpus, svsmVmsaPage(m_machine.cpuSignature, place.entry));
        return pages;
    }
    for (unsigned number = 0; number < m_machine.vcpus; ++number) {
        KASTELLAN_ASSIGN(Bytes page, vmsaPage(m_machine, number, m_ovmf->apResetAddress(), isSnp(kind())));
        pages.push_back(std::move(page));
    }
    return pages;
}

} // namespace kastellan::sev
