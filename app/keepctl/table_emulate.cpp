// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/table_words.h"

namespace kastellan::keepctl {

Noun emulateNoun()
{
    return {"emulate", "run any program with an emulated platform in place of /dev/sev",
        {"Tools for SEV run unchanged on a machine without it."},
        {{Command::Emulate, "", "run a program with an emulated AMD Secure Processor",
            {"The program, and all that it starts, sees /dev/sev and /dev/cpu/*/msr of an emulated platform; with --guest also "
             "/dev/sev-guest "
             "and configfs-tsm (/sys/kernel/config/tsm/report) of a guest that SEV-SNP protects. Its identity, its certificates and its "
             "state "
             "are kept, and are the same for every program, for the host 'emulated' and for the keeps on it. It proves the procedure, "
             "nothing "
             "about hardware.",
                "Words of the program follow '--'. Dynamic and static programs, scripts, Go and Rust programs, children and threads are "
                "reached, for an ordinary user too: the kernel asks keepctl about the system calls that open, look at, read and control "
                "files (seccomp user notification, Linux 5.9 or later). Where it can't, or with --interpose, a library is loaded into the "
                "program, which reaches dynamically linked programs alone.",
                "What stays real: the CPUID instruction (the emulated processor is not what cpuid says; checks of it see this machine's), "
                "/dev/kvm "
                "and what runs in it, 32-bit programs, files opened by io_uring, the listing of /dev, and chdir into a folder that is "
                "emulated. "
                "For an ordinary user, programs with setuid gain no privileges.",
                "--fault injects faults: COMMAND=FAULT, where COMMAND is a command of the firmware (platform-status, pek-gen, pek-csr, "
                "pek-import, pdh-gen, pdh-export, get-id, factory-reset, snp-platform-status, snp-commit, snp-config, snp-vlek-load, "
                "get-report, get-ext-report, get-derived-key and others of docs/emulator.md, or * for all) and FAULT a status of the "
                "firmware by name or number, 'busy', 'throttled', "
                "or "
                "'slow:TIME'; '#N' behind it means the Nth time only, '*N' the first N times."},
            {{"PROGRAM", "the program, searched for in PATH, and its arguments", Word::File, true, true}},
            {{"profile", 'p', "NAME", "The processor: naples, rome, milan, genoa or turin; default genoa", Word::Choice,
                 {"naples", "rome", "milan", "genoa", "turin"}},
                {"guest", 'g', "", "The program runs in a guest: show /dev/sev-guest and configfs-tsm"},
                {"seed", 0, "HEX", "A chip of its own, which is the same wherever this seed is given; at most 64 digits"},
                {"fault", 0, "SPEC", "A fault to inject; can be given several times", Word::Free, {}, true},
                {"report-version", 0, "N", "The version of attestation reports: 2 to 5; default 5", Word::Choice, {"2", "3", "4", "5"}},
                {"vmpl", 0, "N", "The privilege level of the guest's kernel, 0 to 3; default 0", Word::Choice, {"0", "1", "2", "3"}},
                {"interpose", 0, "", "By a library in the program; reaches dynamically linked programs alone"},
                {"read-only", 0, "", "Devices cannot be opened for writing, as for a user without permission"},
                {"list", 'l', "", "List the profiles instead; with --json too"},
                {"verbose", 'v', "", "Say on standard error what is emulated, and what is not"}, json},
            {{"keepctl emulate -- snphost show tcb", "VirTEE's snphost without an EPYC"},
                {"keepctl emulate --profile milan -- snphost export pem certs/", "certificates of an emulated Milan"},
                {"keepctl emulate --guest -- snpguest report report.bin request.bin --random", "an attestation report as in a guest"},
                {"keepctl emulate --fault snp-commit=UPDATE_FAILED -- ./my-tool", "how a tool takes an error"},
                {"keepctl emulate --list", "the profiles, with their firmware"}}}}};
}

} // namespace kastellan::keepctl
