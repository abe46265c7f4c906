// SPDX-License-Identifier: Apache-2.0
#include "core/base/text.h"
#include "sev-backend/machine/cpu_word.h"
#include "sev-backend/machine/deriving.h"
#include "sev-backend/machine/from_machine.h"
#include "sev-backend/machine/number.h"
#include "sev-backend/machine/shell_words.h"

#include <pugixml.hpp>

#include <format>

namespace kastellan::sev {

namespace {

using Weight = Problem::Weight;

std::string textOf(const pugi::xml_node &node)
{
    return std::string(trimmed(node.text().get()));
}

class OfLibvirt : Deriving {
public:
    explicit OfLibvirt(const pugi::xml_node &domain)
        : m_domain(domain)
        , m_os(domain.child("os"))
    {
    }

    Result<DerivedLaunch> run()
    {
        const std::string type = m_domain.attribute("type").value();
        if (!type.empty() && type != "kvm")
            problem(Weight::Fault, "<domain type='" + type + "'>", "without KVM no memory is encrypted", "Use type='kvm'.");
        protection();
        firmware();
        processors();
        boot();
        KASTELLAN_TRY(passedThrough());
        return std::move(m_derived);
    }

private:
    void protection()
    {
        const pugi::xml_node security = m_domain.child("launchSecurity");
        const std::string type = security.attribute("type").value(), from = "<launchSecurity type='" + type + "'>";
        if (type != "sev" && type != "sev-snp") {
            problem(Weight::Fault, "<launchSecurity>",
                security ? "its type '" + type + "' is not SEV" : "the domain has none: its memory is not encrypted",
                "Use <launchSecurity type='sev-snp'> or type='sev'.");
            return;
        }
        const bool snp = type == "sev-snp";
        LaunchParameters &parameters = m_derived.parameters;
        const std::string policy = textOf(security.child("policy"));
        parameters.policy = numberFrom(policy);
        if (!parameters.policy) {
            problem(Weight::Fault, from + "/policy", "it is missing or not a number", "Write <policy>0x30000</policy>.");
            parameters.policy = snp ? 0x30000 : 0x1;
        }
        parameters.kind = snp ? GuestKind::Snp : (*parameters.policy & 0x4) ? GuestKind::SevEs : GuestKind::Sev;
        parameters.kernelHashes = std::string_view(security.attribute("kernelHashes").value()) == "yes";
        take("protection", std::string(name(*parameters.kind)), from);
        take("policy", std::format("{:#x}", *parameters.policy), from + "/policy");
        if (snp ? (*parameters.policy >> 19) & 1 : !(*parameters.policy & 1))
            problem(Weight::Warning, from + "/policy", "it lets the host debug the guest: read all its memory",
                snp ? "Clear bit 19." : "Set bit 0.");
    }

    void firmware()
    {
        const pugi::xml_node loader = m_os.child("loader");
        const std::string file = textOf(loader), type = loader.attribute("type").as_string("rom"); // libvirt's default
        if (file.empty()) {
            const bool chosen = std::string_view(m_os.attribute("firmware").value()) == "efi";
            problem(Weight::Fault, "<os>/<loader>",
                chosen ? "libvirt chooses the firmware when the domain starts" : "the domain names no firmware",
                "Give --ovmf, or the file in <loader type='rom'>; 'virsh dumpxml' of the running domain shows what libvirt chose.");
            return;
        }
        m_derived.parameters.ovmf = file;
        take("firmware", file, "<os>/<loader>");
        if (type != "rom" && m_derived.parameters.kind == GuestKind::Snp)
            problem(Weight::Fault, "<loader type='" + type + "'>",
                "a SEV-SNP guest can't run from flash: the firmware has to be loaded into encrypted memory",
                "Use <loader type='rom'> (QEMU's -bios), without <nvram>.");
        if (m_os.child("nvram") && m_derived.parameters.kind == GuestKind::Snp)
            problem(Weight::Warning, "<os>/<nvram>", "a SEV-SNP guest has no flash that could hold variables", "Take <nvram> away.");
    }

    void processors()
    {
        const pugi::xml_node vcpu = m_domain.child("vcpu");
        std::string from = "<vcpu>";
        auto count = numberFrom(textOf(vcpu));
        if (!vcpu) {
            count = 1;
            from = "libvirt's default: there is no <vcpu>";
        }
        if (const pugi::xml_attribute current = vcpu.attribute("current")) {
            // The others are there, but only plugged in later.
            count = numberFrom(current.value());
            from = "<vcpu current='…'>";
        }
        unsigned enabled = 0, listed = 0;
        for (const pugi::xml_node &one : m_domain.child("vcpus").children("vcpu")) {
            ++listed;
            enabled += std::string_view(one.attribute("enabled").value()) == "yes";
        }
        if (listed > 0 && count && enabled != *count)
            problem(Weight::Warning, "<vcpus>", std::format("{} are enabled there, and {} says {}", enabled, from, *count),
                "Check which is meant, and give --vcpus.");
        if (!count || *count == 0 || *count > mostVcpus)
            problem(Weight::Fault, from, "it is not a number of processors", "Give --vcpus.");
        else {
            m_derived.parameters.vcpus = static_cast<unsigned>(*count);
            take("vCPUs", std::to_string(*count), from);
        }
        topology();
        cpu();
    }

    void topology()
    {
        const pugi::xml_node topology = m_domain.child("cpu").child("topology");
        if (!topology || !m_derived.parameters.vcpus)
            return;
        std::uint64_t product = 1;
        for (const char *part : {"sockets", "dies", "clusters", "cores", "threads"})
            if (const auto number = numberFrom(topology.attribute(part).value()); number && *number > 0 && product <= mostVcpus)
                product *= *number;
        const auto most = numberFrom(textOf(m_domain.child("vcpu"))).value_or(1);
        if (product != most)
            problem(Weight::Fault, "<cpu>/<topology>",
                std::format("it makes {} processors, and <vcpu> says {}: libvirt refuses this", product, most), "Make the two equal.");
    }

    void cpu()
    {
        const pugi::xml_node cpu = m_domain.child("cpu");
        const std::string mode = cpu.attribute("mode").value(), model = textOf(cpu.child("model"));
        if (mode == "host-passthrough" || mode == "maximum" || (mode == "host-model" && model.empty())) {
            takeCpuModel(mode, "<cpu mode='" + mode + "'>", m_derived);
            if (mode == "host-model" && !m_derived.problems.empty())
                m_derived.problems.back().remedy =
                    "Name a model, or take 'virsh dumpxml' of the running domain, in which libvirt has put the model. "
                    + m_derived.problems.back().remedy;
        } else if (!model.empty()) {
            takeCpuModel(model, "<cpu>/<model>", m_derived);
        } else {
            takeDefaultCpu(m_derived);
        }
    }

    void boot()
    {
        LaunchParameters &parameters = m_derived.parameters;
        const std::string kernel = textOf(m_os.child("kernel")), initrd = textOf(m_os.child("initrd"));
        // libvirt passes the text on as it stands in the document.
        const std::string append = m_os.child("cmdline").text().get();
        if (kernel.empty()) {
            if (parameters.kernelHashes)
                problem(Weight::Note, "kernelHashes='yes'",
                    "there is no <kernel> whose hash could be measured: what is booted from the disk is not measured",
                    "Encrypt the disk and deliver its key after attestation.");
            return;
        }
        parameters.kernel = kernel;
        take("kernel", kernel, "<os>/<kernel>");
        if (!initrd.empty()) {
            parameters.initrd = initrd;
            take("initrd", initrd, "<os>/<initrd>");
        }
        if (!append.empty()) {
            parameters.append = append;
            take("command line", append, "<os>/<cmdline>");
            if (trimmed(append) != append)
                problem(Weight::Note, "<os>/<cmdline>", "it has white space around it, which is measured too", "Write it in one line.");
        }
        if (parameters.kind && !parameters.kernelHashes)
            problem(Weight::Warning, "<launchSecurity>",
                "kernelHashes is not 'yes': kernel, initrd and command line are not measured, and the host can replace them",
                "Write kernelHashes='yes'.");
    }

    /// Options that go past libvirt to QEMU.
    Status passedThrough()
    {
        std::vector<std::string> words;
        for (const pugi::xml_node &argument : m_domain.child("qemu:commandline").children("qemu:arg"))
            words.emplace_back(argument.attribute("value").value());
        for (std::size_t i = 0; i < words.size(); ++i)
            for (const char *option : {"-cpu", "-smp", "-bios", "-kernel", "-initrd", "-append", "-object", "-machine", "-M", "-pflash"})
                if (words[i] == option) {
                    const std::string value = i + 1 < words.size() ? words[i + 1] : std::string();
                    problem(Weight::Warning, "<qemu:arg value='" + words[i] + "'>",
                        "an option that goes past libvirt may change what is measured: " + value,
                        "Give the command line of the running machine instead: --from-qemu @/proc/PID/cmdline.");
                }
        return {};
    }

    pugi::xml_node m_domain, m_os;
};

} // namespace

Result<DerivedLaunch> fromLibvirt(std::string_view xml, std::string_view name)
{
    const std::string what = "read a libvirt domain";
    if (xml.size() > descriptionLimit)
        return badInput(what, std::string(name),
            "it has " + std::to_string(xml.size()) + " bytes, and at most " + std::to_string(descriptionLimit) + " are read");
    pugi::xml_document document;
    // Text is kept as it stands; nothing is fetched or expanded but the five entities of XML and characters by number.
    const pugi::xml_parse_result parsed = document.load_buffer(xml.data(), xml.size(), pugi::parse_default);
    if (!parsed)
        return badInput(what, std::string(name) + ", offset " + std::to_string(parsed.offset),
            std::string("it is not XML: ") + parsed.description(), "Give the output of 'virsh dumpxml DOMAIN'.");
    pugi::xml_node domain = document.child("domain");
    for (const char *outer : {"domstatus", "domainsnapshot", "domainbackup"})
        if (!domain)
            domain = document.child(outer).child("domain");
    if (!domain)
        return badInput(what, std::string(name),
            std::string("it is XML without a <domain>, but with <") + document.document_element().name() + ">",
            "Give the output of 'virsh dumpxml DOMAIN'.");
    return OfLibvirt(domain).run();
}

} // namespace kastellan::sev
