// SPDX-License-Identifier: Apache-2.0
// Writes the corpus of the fuzzer of launches through libvirt.
// usage: make_launch_corpus FOLDER
#include "machine_launch.h"
#include "sev-backend/libvirt/machine_note.h"
#include "tests/fuzz/corpus.h"

using namespace kastellan;
using namespace kastellan::sev::libvirt;

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: make_launch_corpus FOLDER\n");
        return 2;
    }
    const std::filesystem::path corpus = std::filesystem::path(argv[1]) / "machine_launch";
    const auto put = [&](const char *name, const std::string &text) { fuzz::put(corpus / name, asBytes(text)); };
    put("domain", "d" + domainXml(fuzz::plannedDomain()));
    put("offer",
        "o<domainCapabilities><path>/usr/bin/qemu</path><domain>kvm</domain><vcpu max='288'/><cpu><mode name='custom' supported='yes'>"
        "<model usable='yes'>EPYC</model></mode></cpu><features><sev "
        "supported='yes'><cbitpos>51</cbitpos><maxESGuests>9</maxESGuests></sev>"
        "<launchSecurity supported='yes'><enum "
        "name='sectype'><value>sev-snp</value></enum></launchSecurity></features></domainCapabilities>");
    put("firmware",
        R"(f{"mapping":{"device":"memory","filename":"/x.fd"},"features":["amd-sev-snp"],"targets":[{"architecture":"x86_64","machines":["pc-q35-*"]}]})");
    MachineNote note;
    note.uri = "qemu:///system";
    note.technology = "snp";
    note.upload = {"kastellan-1", true, {"kastellan-1-kernel"}};
    put("note", "n" + toJson(note));
    put("uri", "uqemu+ssh://user@[::1]:22/system?no_tty=1");
    return 0;
}
