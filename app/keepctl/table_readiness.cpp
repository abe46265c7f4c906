// SPDX-License-Identifier: Apache-2.0
// The verbs of the noun host that look whether keeps can run there.
#include "app/keepctl/table_words.h"

namespace kastellan::keepctl {

std::vector<Verb> readinessVerbs()
{
    const Operand hostWord{"HOST", "the same as --host HOST", Word::Host, false, true};
    const Option host{"host", 0, "HOST",
        "What to look at: a host's id (default local), ssh://[USER@]HOST[:PORT] with keepctl on the other side, or a libvirt URI for what "
        "libvirt alone can tell",
        Word::Host};
    const Option noProbes{"no-probes", 0, "", "Start nothing: no guest on /dev/kvm, no QEMU, no libvirt; what only these tell is unknown"};
    const Option force{"force", 0, "", "Replace an existing file"};
    return {
        {Command::HostCheck, "check", "look whether a host can run keeps",
            {"Looks at processor, registers, memory, IOMMU, kernel, SEV firmware, KVM, QEMU, libvirt, firmware images and permissions, and "
             "says for "
             "SEV, SEV-ES and SEV-SNP: ready, not ready, or unknown. Under each check that is not as it should be stands what it means and "
             "what to "
             "do. A check that makes no sense before another passes is skipped, and names it. It is never 'ready' when a launch would "
             "fail; what "
             "could not be looked at, for want of a permission for instance, is 'unknown'. docs/readiness.md lists every check.",
                "In a container or build root, packages and firmware images are unknown: they are not the machine's.",
                "Exit status: 0 ready, 1 not ready or unknown, 3 nothing could be looked at. With --for, of that protection; otherwise of "
                "any."},
            {hostWord},
            {host, {"for", 0, "PROTECTION", "Only whether this protection can be had", Word::Choice, {"sev", "es", "snp"}},
                {"from", 0, "FILE", "Judge a recording made by 'keepctl host record', perhaps of another machine", Word::File}, noProbes,
                {"all", 'a', "", "Show facts and skipped checks too"}, {"html", 0, "FILE", "Write a report for people, too", Word::File},
                force, json},
            {{"keepctl host check", "this computer"}, {"keepctl host check emulated", "the emulated host"},
                {"keepctl host check --for snp --html readiness.html", "a report for whoever mends the host"},
                {"keepctl host check --host ssh://root@epyc1", "another machine"},
                {"keepctl host check --from epyc1.json", "a recording of one"}}},
        {Command::HostRecord, "record", "write down all that 'host check' looks at",
            {"Writes a capability file: every value with how it was had, or why not. It holds no secret; the chip's identity can be left "
             "out. Another "
             "machine judges it with 'keepctl host check --from'. As root it holds more: the processors' registers."},
            {{"FILE", "where to write it; - or nothing: standard output", Word::File, false, true}},
            {host, noProbes, {"redact-chip-id", 0, "", "Leave the chip's identity out"}, force},
            {{"keepctl host record epyc1.json", "to be judged elsewhere; as root it holds more"}}},
    };
}

} // namespace kastellan::keepctl
