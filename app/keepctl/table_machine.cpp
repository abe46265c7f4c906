// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/table_words.h"

namespace kastellan::keepctl {

std::vector<Option> machineOptions()
{
    return {
        {"kernel", 0, "FILE", "Launch a whole virtual machine in place of a workload: its kernel, measured", Word::File},
        {"initrd", 0, "FILE", "With --kernel: its initrd, measured", Word::File},
        {"append", 0, "TEXT", "With --kernel: its command line, measured"},
        {"disk", 0, "FILE",
            "A disk for the whole machine (raw or qcow2); proven only where the measured command line roots it (dm-verity: roothash=HEX)",
            Word::File},
        {"technology", 'T', "NAME", "Demand snp, es or sev of a host that starts virtual machines; a stronger one does, a weaker one never",
            Word::Choice, {"snp", "es", "sev"}},
        {"rehearse", 0, "",
            "Through a libvirt daemon of this machine: the same launch with emulated firmware; proves nothing about hardware. The default "
            "where "
            "there is no SEV and neither secret nor expectation is given"},
        {"unattested", 0, "", "Launch without any evidence where there is none to be had; recorded, and never given a secret"},
        {"vcpus", 0, "N", "How many virtual processors the machine has; default 1"},
        {"memory", 0, "MIB", "Its memory; default: the workload's limit and 192 MiB, of a whole machine 1024"},
        {"cpu-model", 0, "NAME", "QEMU's name of the processor that the guest sees; default: the host's own EPYC family, else EPYC-v4"},
        {"network", 0, "KIND", "none, user (through the host's own network) or bridge:NAME; default none"},
        {"forward", 0, "HOST:GUEST", "Forward a port of the host to the machine (udp:HOST:GUEST for UDP); needs --network user", Word::Free,
            {}, true},
        {"image", 0, "FOLDER",
            "The keep image for virtual machines; default: the one that was built or installed. In a cluster a container image that holds "
            "it, docker://NAME@sha256:HEX",
            Word::Folder},
        {"firmware", 0, "FILE", "Firmware to start from, in place of the image's", Word::File},
        {"guest-policy", 0, "NUMBER", "The guest policy as the technology encodes it; default 0x30000 for snp, 0xf for es, 0xb for sev"},
        {"id-block", 0, "FILE", "An ID block that the firmware holds the launch to (see 'keepctl measure id-block')", Word::File},
        {"id-auth", 0, "FILE", "The signatures of the ID block", Word::File},
        {"author-key", 0, "", "The ID block's signatures have an author key too"},
        {"vlek", 0, "", "Have reports signed with the provider's key (VLEK) instead of the chip's (VCEK)"},
        {"workarounds", 0, "FILE", "16 bytes of guest-visible workarounds for SEV-SNP's launch", Word::File},
        {"boot-timeout", 0, "SECONDS", "How long the machine may take to its warden's first word; default 120"},
        {"domain-xml", 0, "FILE", "The domain's XML as you edited it ('keepctl keep domain-xml' prints it); what decides trust has to stay",
            Word::File},
    };
}

Verb domainXmlVerb(const Operand &workload, std::vector<Option> options)
{
    return {Command::KeepDomainXml, "domain-xml", "print the libvirt domain that a launch would start",
        {"The domain's XML as it would be given to libvirt at --host, without what only the launch makes (the owner key's digest, the "
         "session of SEV and SEV-ES, paths of files that are uploaded). Nothing is started.",
            "Edit it and give it to 'keepctl keep launch' with --domain-xml: elements that Kastellan does not know are kept, and those "
            "that "
            "decide what is measured and protected have to stay as they are."},
        {workload}, std::move(options),
        {{"keepctl keep domain-xml hello.wasm -H qemu:///system", "what libvirt would be given"},
            {"keepctl keep domain-xml hello.wasm -H qemu:///session --rehearse > keep.xml", "to edit it"}}};
}

} // namespace kastellan::keepctl
