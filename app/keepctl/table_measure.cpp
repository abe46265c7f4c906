// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/table_words.h"

namespace kastellan::keepctl {

namespace {

using Options = std::vector<Option>;

void append(Options &to, Options more)
{
    for (Option &option : more)
        to.push_back(std::move(option));
}

Options kernelOptions()
{
    return {{"kernel", 0, "FILE", "The kernel of a direct boot (QEMU's -kernel); hashed in constant memory", Word::File},
        {"initrd", 0, "FILE", "Its initrd", Word::File},
        {"append", 0, "TEXT", "Its command line, exactly as the machine has it: nothing is trimmed"},
        {"no-kernel-hashes", 0, "", "The machine has a kernel, but does not measure it (kernel-hashes=off)"}};
}

Options processorOptions()
{
    return {{"vcpus", 0, "N", "How many virtual processors start with the machine"},
        {"vcpu-type", 0, "MODEL",
            "Their model by QEMU's name: EPYC, EPYC-v4, EPYC-Rome, EPYC-Milan, EPYC-Genoa, EPYC-Turin and their versions"},
        {"vcpu-sig", 0, "N", "Their CPUID signature (Fn0000_0001 EAX)"},
        {"vcpu-family", 0, "N", "Family of the signature, with --vcpu-model and --vcpu-stepping"},
        {"vcpu-model", 0, "N", "Model of the signature"}, {"vcpu-stepping", 0, "N", "Stepping of the signature"},
        {"vmm-type", 0, "VMM", "Who starts the machine: QEMU (default), ec2, gce or krun"},
        {"old-vmsa", 0, "", "MXCSR and x87 control word zero in the VMSAs, as host kernels before Linux 6.10 leave them"},
        {"dump-vmsa", 0, "", "Also write each measured VMSA to vmsaN.bin in the current folder"},
        {"force", 0, "", "Replace existing vmsaN.bin"}};
}

Options snpOptions()
{
    return {{"guest-features", 0, "N", "SEV_FEATURES of the VMSAs: 0x1 (default), 0x21 with debug swap (host kernels 6.6 and 6.7)"},
        {"snp-ovmf-hash", 0, "HEX", "The digest of the firmware's pages, in place of measuring those of --ovmf (see measure ovmf-hash)"},
        {"ec2-rdx", 0, "N", "RDX of EC2's VMSAs, on which the published tools disagree: 0x600 (default, sev-snp-measure) or 0 (snpguest)"}};
}

Options svsmOptions()
{
    return {{"svsm", 0, "FILE", "The image of the COCONUT SVSM", Word::File},
        {"vars-size", 0, "BYTES", "Size of the firmware's variables (OVMF_VARS), below which the SVSM lies"},
        {"vars-file", 0, "FILE", "The variables' file, whose size counts", Word::File}};
}

Options machineOptions()
{
    return {
        {"from-qemu", 0, "LINE|@FILE", "Derive all this from QEMU's command line, as one argument or in a file (also @/proc/PID/cmdline)"},
        {"from-libvirt", 0, "FILE", "Derive it from a libvirt domain's XML", Word::File}};
}

Options resultOptions()
{
    return {{"expect", 0, "DIGEST",
                "Compare with a digest (hex, base64, or @FILE with an attestation report); if it differs, search what explains it"},
        {"explain", 0, "DIGEST", "The same as --expect"},
        {"candidates", 0, "FILE|FOLDER", "Firmware that may have been used instead, for the search; that beside --ovmf is tried anyway",
            Word::File, {}, true},
        {"pages", 'p', "", "Also every measured page: address, type, digest and what it is"},
        {"output-format", 0, "FORMAT", "hex (default) or base64", Word::Choice, {"hex", "base64"}},
        {"quiet", 'q', "", "Nothing on standard error, unless something is wrong"}};
}

/// What the verbs that measure a machine have in common, around their own options.
Options vmOptions(Options own)
{
    Options options{{"ovmf", 0, "FILE", "The firmware image", Word::File}};
    append(options, std::move(own));
    append(options, machineOptions());
    append(options, resultOptions());
    options.push_back(json);
    return options;
}

Options joined(Options first, Options second, Options third = {}, Options fourth = {})
{
    append(first, std::move(second));
    append(first, std::move(third));
    append(first, std::move(fourth));
    return first;
}

constexpr std::string_view machineText = "Options are named as sev-snp-measure names them; numbers may be hexadecimal (0x...). The digest "
                                         "alone goes to standard output. With --from-qemu or "
                                         "--from-libvirt the parameters are derived from the machine's own description; what was taken "
                                         "from where, and what is wrong with the machine, goes to "
                                         "standard error, and options given besides count more. Exit status 1 when the digest is not the "
                                         "expected one, or the machine has a fault.";
constexpr std::string_view explainText = "When the digest is not the expected one, the likely differences are searched: guest features, "
                                         "number and model of the vCPUs, kernel hashes, the "
                                         "command line's white space and ends, no initrd, older VMSAs, EC2's RDX, the VMM, other firmware, "
                                         "each alone and two together. What would make it match is named.";

std::vector<Verb> machineVerbs()
{
    const std::vector<std::string_view> text{machineText, explainText};
    return {
        {Command::MeasureSev, "sev", "the launch digest of a SEV guest", text, {}, vmOptions(kernelOptions()),
            {{"keepctl measure sev --ovmf OVMF.fd --kernel vmlinuz --initrd initrd --append 'console=ttyS0'",
                "sev-snp-measure --mode sev"}}},
        {Command::MeasureEs, "es", "the launch digest of a SEV-ES guest", text, {}, vmOptions(joined(kernelOptions(), processorOptions())),
            {{"keepctl measure es --vcpus 4 --vcpu-type EPYC-v4 --ovmf OVMF.fd", "sev-snp-measure --mode seves"}}},
        {Command::MeasureSnp, "snp", "the launch digest of a SEV-SNP guest", text, {},
            vmOptions(joined(kernelOptions(), processorOptions(), snpOptions())),
            {{"keepctl measure snp --vcpus 1 --vcpu-type EPYC-v4 --ovmf OVMF.fd --kernel vmlinuz --append ''",
                 "sev-snp-measure --mode snp"},
                {"keepctl measure snp --from-libvirt guest.xml --expect @report.bin",
                    "does this report come from that machine, and if not, why?"},
                {"keepctl measure snp --from-qemu @/proc/4711/cmdline", "what a running QEMU has measured"}}},
        {Command::MeasureSvsm, "svsm", "the launch digest of a SEV-SNP guest with COCONUT's SVSM", text, {},
            vmOptions(joined(processorOptions(), svsmOptions(), {snpOptions().front()})),
            {{"keepctl measure svsm --vcpus 4 --vcpu-type EPYC --ovmf OVMF.fd --svsm svsm.bin --vars-file VARS.fd",
                "sev-snp-measure --mode snp:svsm"}}},
        {Command::MeasureVm, "vm", "the launch digest of a machine, protected as its description says", text, {},
            vmOptions(joined(kernelOptions(), processorOptions(), snpOptions())),
            {{"keepctl measure vm --from-libvirt guest.xml", "SEV, SEV-ES or SEV-SNP"}}},
    };
}

Verb idBlockVerb()
{
    Options options{
        {"digest", 0, "DIGEST", "The launch digest that the block allows (hex, base64 or @FILE); without it the machine is measured"},
        {"id-key", 0, "FILE", "The private key that signs the block: P-384 in PEM or DER", Word::File},
        {"id-key-passphrase", 0, "FILE", "The passphrase of an encrypted ID key, on the first line of the file", Word::File},
        {"author-key", 0, "FILE", "A second key that signs the first one", Word::File},
        {"author-key-passphrase", 0, "FILE", "The passphrase of an encrypted author key", Word::File},
        {"family-id", 0, "HEX", "16 bytes of your own; default zeros"}, {"image-id", 0, "HEX", "16 bytes of your own; default zeros"},
        {"svn", 0, "N", "The guest's security version; default 0"},
        {"policy", 0, "N", "The guest policy; default 0x30000, or that of the machine"},
        {"id-block-file", 0, "FILE", "Also write the 96 bytes of the block", Word::File},
        {"id-auth-file", 0, "FILE", "Also write the 4096 bytes of its authentication", Word::File},
        {"format", 0, "FORMAT", "text (default), qemu (properties for -object) or libvirt (elements of launchSecurity)", Word::Choice,
            {"text", "qemu", "libvirt"}},
        {"ovmf", 0, "FILE", "The firmware image", Word::File}};
    append(options, joined(kernelOptions(), processorOptions(), snpOptions(), machineOptions()));
    options.push_back(json);
    return {Command::MeasureIdBlock, "id-block", "sign an ID block: a guest that starts with this digest only",
        {"Makes the ID block and its authentication block, which SNP_LAUNCH_FINISH checks and whose key digests appear in the report. QEMU "
         "and libvirt accept what is "
         "printed. The digest is given, or computed from the same options as measure snp."},
        {}, std::move(options),
        {{"keepctl measure id-block --digest @report.bin --id-key id.pem --author-key author.pem",
             "snpguest generate id-block, snp-create-id-block"},
            {"keepctl measure id-block --from-libvirt guest.xml --id-key id.pem --format libvirt", "to paste into the domain"}}};
}

} // namespace

Noun measureNoun()
{
    Noun noun{"measure", "launch digests, computed again",
        {"Computes what the firmware measures at launch, from files, without launching anything (docs/measure.md)."},
        {
            {Command::MeasureProcess, "process", "the launch digest of a process keep",
                {"Computes the launch digest of a keep image as the emulated firmware does, page by page (docs/process-keep.md), and "
                 "compares it "
                 "with the one that this build knows. Exit status 1 when they differ; the files that differ are named."},
                {},
                {{"image", 'i', "FOLDER", "The keep image's files; default: the installed ones", Word::Folder},
                    {"pages", 'p', "", "Also every measured page: address, type and digest"}, json},
                {{"keepctl measure process", "is the installed keep image the one that was built?"}}},
        }};
    for (Verb &verb : machineVerbs())
        noun.verbs.push_back(std::move(verb));
    noun.verbs.push_back({Command::MeasureOvmfHash, "ovmf-hash", "the digest of a firmware's own pages",
        {"What --snp-ovmf-hash takes: so that a machine can be measured by people who have the firmware's digest and only the end of its "
         "file."},
        {},
        {{"ovmf", 0, "FILE", "The firmware image", Word::File},
            {"output-format", 0, "FORMAT", "hex (default) or base64", Word::Choice, {"hex", "base64"}}, json},
        {{"keepctl measure ovmf-hash --ovmf OVMF.fd", "sev-snp-measure --mode snp:ovmf-hash"}}});
    noun.verbs.push_back(idBlockVerb());
    noun.verbs.push_back({Command::MeasureKeyDigest, "key-digest", "the digest of an ID or author key, as reports hold it",
        {"SHA-384 of the key in the firmware's form: id_key_digest and author_key_digest of a report. Takes a private or a public key, "
         "P-384, PEM or DER."},
        {{"KEY", "the key's file", Word::File}},
        {{"passphrase", 0, "FILE", "The passphrase of an encrypted key, on the first line of the file", Word::File},
            {"output-format", 0, "FORMAT", "hex (default) or base64", Word::Choice, {"hex", "base64"}}, json},
        {{"keepctl measure key-digest id.pem", "snpguest generate key-digest"}}});
    return noun;
}

} // namespace kastellan::keepctl
