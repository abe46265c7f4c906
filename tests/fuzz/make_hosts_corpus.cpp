// SPDX-License-Identifier: Apache-2.0
// Writes the corpora of the fuzzers of hosts and machines.
// usage: make_hosts_corpus FOLDER
#include "core/hosts/known_hosts.h"
#include "tests/fuzz/corpus.h"

using namespace kastellan;

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: make_hosts_corpus FOLDER\n");
        return 2;
    }
    const std::filesystem::path corpus = argv[1];
    HostLook look;
    look.time = 1795437470;
    look.state = "ready";
    look.why = "It offers SEV-SNP.";
    look.machines = true;
    look.technologies = {"snp", "sev"};
    look.facts = {{"QEMU", "10.0.13"}};
    fuzz::put(corpus / "host_look" / "ready", asBytes(toJson(look)));
    fuzz::put(corpus / "host_look" / "least", asBytes(toJson(HostLook{})));
    const std::string digest(64, 'a');
    fuzz::put(corpus / "machine_line" / "roothash", asBytes("ro roothash=" + digest + " quiet"));
    fuzz::put(corpus / "machine_line" / "table",
        asBytes("dm-mod.create=\"v,,,ro,0 8 verity 1 /dev/a /dev/b 4096 4096 1 1 sha256 " + digest + "\""));
    fuzz::put(corpus / "machine_line" / "off", asBytes("usrhash=" + digest + " rd.systemd.verity=0"));
    return 0;
}
