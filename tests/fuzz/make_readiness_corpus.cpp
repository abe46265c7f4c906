// SPDX-License-Identifier: Apache-2.0
// Writes the corpora of the fuzzers of readiness: machines of our own making.
// usage: make_readiness_corpus FOLDER
#include "sev-backend/readiness/judge.h"
#include "sev-backend/readiness/recording.h"
#include "tests/fuzz/corpus.h"
#include "tests/unit/sev-backend/readiness/machines.h"

using namespace kastellan;

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: make_readiness_corpus FOLDER\n");
        return 2;
    }
    const std::filesystem::path corpus = argv[1];
    for (const char *name : {"Naples", "Turin"})
        fuzz::put(corpus / "host_recording" / name, asBytes(sev::toRecording(test::factsOf(test::healthy(name)))));
    sev::HostFacts few;
    few.absent("cpuid.8000001f.eax", "CPUID");
    few.set("msr.syscfg", "0x740000 on 0-3; 0x3f40000 on 4", "MSR");
    few.failed("kvm.run", "KVM", "broken");
    fuzz::put(corpus / "host_recording" / "few", asBytes(sev::toRecording(few)));
    Readiness readiness = sev::judge(few);
    readiness.checks.resize(12); // the fuzzer should spend its time on the form
    fuzz::put(corpus / "readiness_json" / "few", asBytes(toJson(readiness)));
    readiness.checks.resize(1);
    readiness.emulated = true;
    fuzz::put(corpus / "readiness_json" / "one", asBytes(toJson(readiness)));
    fuzz::put(corpus / "domain_capabilities" / "snp",
        asBytes("<domainCapabilities><path>/usr/bin/qemu</path><features><sev supported='yes'><cbitpos>51</cbitpos></sev><launchSecurity "
                "supported='yes'>"
                "<enum name='sectype'><value>sev</value><value>sev-snp</value></enum></launchSecurity></features></domainCapabilities>"));
    fuzz::put(corpus / "domain_capabilities" / "none",
        asBytes("<domainCapabilities><features><sev supported='no'/></features></domainCapabilities>"));
    return 0;
}
