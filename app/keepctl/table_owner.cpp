// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/table_words.h"

namespace kastellan::keepctl {

namespace {

const Option forced{"force", 0, "", "Replace existing files"};
const Option chain{"chain", 0, "FILE|FOLDER", "More of the platform's certificates: PEK, OCA, CEK, ASK, ARK in any form; once for each",
    Word::File, {}, true};
const Option noVerify{"no-verify", 0, "", "Do not verify the platform's certificates; said, and recorded in the output"};
const Option tik{"tik", 0, "FILE", "The transport integrity key of the session, 16 bytes", Word::File};
const Option blob{"launch-measure-blob", 0, "BASE64|@FILE", "What query-sev-launch-measure (virsh domlaunchsecinfo) said: 48 bytes"};

Verb session()
{
    return {Command::OwnerSession, "session", "make what a SEV guest is launched with: certificate, session, keys",
        {"Makes fresh transport keys and wraps them for a platform: the owner's Diffie-Hellman certificate (GODH) and the session go to "
         "the host (QEMU's dh-cert-file and "
         "session-file, libvirt's dhCert and session), TIK and TEK stay with the owner. The platform's chain is verified up to AMD's keys "
         "first, which are built in.",
            "Writes NAME_tik.bin and NAME_tek.bin (for this user alone), NAME_godh.b64, NAME_session.b64, the raw NAME_godh.cert and "
            "NAME_session.bin, and NAME_session.json "
            "that records what was verified: all or none. Existing files are refused."},
        {{"PDH",
             "the platform's certificates: its PDH alone, a sevctl export, a folder of sev-tool's, or the output of query-sev-capabilities",
             Word::File},
            {"POLICY",
                "the guest policy: a number, or words joined by commas (no-debug, no-key-sharing, es, no-send, domain, sev, "
                "api=MAJOR.MINOR)"}},
        {{"name", 'n', "NAME", "What the files are called; default: vm"},
            {"output", 'o', "FOLDER", "Where they are written; default: here", Word::Folder}, chain, noVerify,
            {"sev-tool", 0, "", "Also sev-tool's files: launch_blob.bin, godh.cert, tmp_tk.bin"}, forced, json},
        {{"keepctl owner session platform.sev no-debug,es", "sevctl session platform.sev 5"}}};
}

Verb measurement()
{
    return {Command::OwnerMeasurement, "measurement", "compute a launch measurement, and check that of the host",
        {"Computes what the firmware answers to LAUNCH_MEASURE, from the launch digest (given, or computed from files) and the session's "
         "integrity key, and prints "
         "measurement and nonce as base64. With --launch-measure-blob it is compared with the host's: exit status 1 when it differs, and "
         "what would make it match is searched.",
            "Options are named as sevctl and sev-snp-measure name them."},
        {},
        {tik, {"api-major", 0, "N", "Major API version of the platform's firmware"}, {"api-minor", 0, "N", "Minor API version"},
            {"build-id", 0, "N", "Its build"}, {"policy", 0, "POLICY", "The guest policy, as given to owner session"},
            {"domlaunchsecinfo", 0, "FILE",
                "Take these and the measurement from the output of virsh domlaunchsecinfo, or of QMP's query-sev", Word::File},
            {"nonce", 0, "BASE64", "The nonce, where there is no measurement of the host yet: 16 bytes"}, blob,
            {"launch-digest", 0, "DIGEST", "The launch digest (hex, base64 or @FILE), in place of the files"},
            {"firmware", 0, "FILE", "The firmware image", Word::File}, {"ovmf", 0, "FILE", "The same", Word::File},
            {"kernel", 0, "FILE", "Kernel of a direct boot with kernel hashes", Word::File},
            {"initrd", 0, "FILE", "Its initrd", Word::File}, {"cmdline", 0, "TEXT", "Its command line"}, {"append", 0, "TEXT", "The same"},
            {"num-cpus", 0, "N", "vCPUs of a SEV-ES guest"}, {"vcpus", 0, "N", "The same"},
            {"vmsa-cpu0", 0, "FILE", "VMSA of the first vCPU (owner vmsa build)", Word::File},
            {"vmsa-cpu1", 0, "FILE", "VMSA of all others", Word::File},
            {"vcpu-type", 0, "MODEL", "Model of the vCPUs by QEMU's name, in place of VMSA files"},
            {"vcpu-sig", 0, "N", "Their CPUID signature, in place of the model"}, {"vmm-type", 0, "VMM", "QEMU (default) or krun"},
            {"old-vmsa", 0, "", "VMSAs of host kernels before Linux 6.10"},
            {"candidates", 0, "FILE|FOLDER", "Firmware that may have been used instead, for the search", Word::File, {}, true},
            {"outfile", 0, "FILE", "Write the 48 bytes to a file instead of base64 to standard output", Word::File}, forced, json},
        {{"keepctl owner measurement --tik vm_tik.bin --domlaunchsecinfo info.txt --ovmf OVMF.fd", "does the guest run this firmware?"},
            {"keepctl owner measurement --tik vm_tik.bin --api-major 1 --api-minor 40 --build-id 40 ...", "sevctl measurement build"}}};
}

Verb secret()
{
    return {Command::OwnerSecret, "secret", "seal secrets for a guest whose measurement was checked",
        {"Makes the secret table of OVMF from files, encrypts it with the session's TEK and authenticates it with its TIK and the launch "
         "measurement: header and payload for "
         "virsh domsetlaunchsecstate and QMP's sev-inject-launch-secret. Check the measurement first (owner measurement).",
            "A secret is GUID=FILE (or GUID:FILE), or NAME=FILE with NAME disk-passphrase, the GUID under which OVMF's Grub and "
            "virt-qemu-sev-validate look for it."},
        {{"HEADER", "the file for the header, 52 bytes", Word::File}, {"PAYLOAD", "the file for the encrypted table", Word::File}},
        {tik, {"tek", 0, "FILE", "The transport encryption key of the session, 16 bytes", Word::File}, blob,
            {"domlaunchsecinfo", 0, "FILE", "Take the measurement from the output of virsh domlaunchsecinfo", Word::File},
            {"secret", 's', "NAME|GUID=FILE", "A secret; once for each", Word::Free, {}, true},
            {"iv", 0, "BASE64", "The initialisation vector, 16 bytes; default: random. For tests: never use one twice"},
            {"base64", 0, "", "Write the files as base64, as virsh takes them"}, {"qmp", 0, "", "Print the QMP command that injects them"},
            forced, json},
        {{"keepctl owner secret --tik t --tek e --domlaunchsecinfo info -s disk-passphrase=p --base64 h s",
            "then: virsh domsetlaunchsecstate DOMAIN --secrethdr h --secret s"}}};
}

Verb report()
{
    return {Command::OwnerReport, "report", "check a legacy attestation report: 208 bytes, signed by the platform",
        {"Verifies the signature of a report of a SEV or SEV-ES guest (QMP's query-sev-attestation-report) by the platform's PEK, and the "
         "PEK's chain up to AMD's keys. What is "
         "expected of it is compared. Exit status 1 when something does not hold."},
        {{"REPORT", "the report: raw, or in base64", Word::File}},
        {chain, noVerify, {"mnonce", 0, "BASE64", "The nonce that was asked with, 16 bytes"},
            {"launch-digest", 0, "DIGEST", "The launch digest to expect"}, {"policy", 0, "POLICY", "The policy to expect"}, json},
        {{"keepctl owner report report.bin --chain platform.sev", "sevctl validate platform.sev report.bin"}}};
}

Verb vmsa()
{
    return {Command::OwnerVmsa, "vmsa", "build, change or show the first state of a SEV-ES processor",
        {"build makes the page of 4096 bytes that the firmware measures for a vCPU; update changes the state in an existing one, and keeps "
         "the rest; show prints it as JSON, with "
         "the names that sevctl has. By default the page is the one of host kernels before Linux 6.10, as sevctl makes it; --new-vmsa is "
         "that of later ones."},
        {{"ACTION", "build, update or show"}, {"FILE", "the page's file", Word::File}},
        {{"cpu", 0, "N", "Number of the vCPU: 0 begins at the reset vector, others where the firmware says"},
            {"family", 0, "N", "CPU family, with --model and --stepping"}, {"model", 0, "N", "CPU model"},
            {"stepping", 0, "N", "CPU stepping"}, {"vcpu-type", 0, "MODEL", "The three by QEMU's name of the model"},
            {"firmware", 0, "FILE", "The firmware image; needed for vCPUs other than 0", Word::File},
            {"userspace", 0, "VMM", "qemu (default) or krun", Word::Choice, {"qemu", "krun"}},
            {"new-vmsa", 0, "", "MXCSR and x87 control word set, as Linux 6.10 and later do"}, forced},
        {{"keepctl owner vmsa build vmsa1.bin --cpu 1 --vcpu-type EPYC-Milan --firmware OVMF.fd", "as sevctl"}}};
}

} // namespace

Noun ownerNoun()
{
    return {"owner", "the guest owner's side of SEV and SEV-ES",
        {"What the owner of a SEV or SEV-ES guest does on a machine of their own: make a session for a platform, check the launch "
         "measurement, seal a secret, check an "
         "attestation report. No SEV device is needed. SEV-SNP has none of this: see evidence and measure."},
        {session(), measurement(), secret(), report(), vmsa()}};
}

} // namespace kastellan::keepctl
