// SPDX-License-Identifier: Apache-2.0
// The verbs of the noun host that show and manage a host's SEV firmware.
#include "app/keepctl/table_words.h"

namespace kastellan::keepctl {

namespace {

const Operand host{"HOST", "a host's id; default: local, this computer", Word::Host, false, true};
const Option yes{"yes", 'y', "", "Do it without asking; without it and without a terminal nothing is done"};
const Option dryRun{"dry-run", 'n', "", "Show the plan with its consequences, and do nothing"};
const Option force{"force", 0, "", "Replace existing files"};
const Option ocaCertificate{"oca-certificate", 0, "FILE", "The owner's certificate, 2084 bytes", Word::File};
const Option ocaKey{"oca-key", 0, "FILE", "The owner's private key, PEM or DER, not encrypted", Word::File};
constexpr std::string_view asks = "Shows the plan and what follows from it, and asks; a script says --yes. Who did what when is in "
                                  "'keepctl log'. Refused before anything "
                                  "is tried: a wrong state, guests or keeps that would end, a missing permission.";

Option output(std::string_view help)
{
    return {"output", 'o', "FILE", help, Word::File};
}

Option level(std::string_view name, std::string_view help)
{
    return {name, 0, "LEVEL", help};
}

} // namespace

std::vector<Verb> platformVerbs()
{
    return {
        {Command::HostStatus, "status", "show a host's SEV firmware",
            {"State, owner, versions, TCB, chip id, addresses of certificates, and what runs: guests and keeps, each with the commands "
             "that "
             "would end it. Nothing is changed by looking.",
                "Exit status 3 where there is no device, or it may not be read."},
            {host}, {json}, {{"keepctl host status", "this computer"}, {"keepctl host status emulated", "the software platform"}}},
        {Command::HostCerts, "certs", "show the certificates of a host's platform",
            {"The chain of ownership (PDH, PEK, OCA, CEK, ASK, ARK) and the chain behind reports (VCEK or VLEK, ASK, ARK) as far as they "
             "are "
             "known, each with who signed it. Exit status 1 if a signature does not verify, 3 if there is nothing to show."},
            {host}, {json}, {{"keepctl host certs", "of this computer"}}},
        {Command::HostExportChain, "export-chain", "write the platform's certificates for the owners of guests",
            {"In the layout of sevctl (PDH, PEK, OCA, CEK in one file), with ASK and ARK as sevctl --full has it, or in a folder as "
             "sev-tool "
             "has it. The platform's own CEK is not signed: the signed one is taken from the certificate store ('keepctl certs fetch "
             "cek'), "
             "or from --cek.",
                "Initialises the platform where it is not yet; that needs write access."},
            {host},
            {output("The file; for sev-tool the folder, which is made"),
                {"layout", 'l', "LAYOUT", "sevctl (default), sevctl-full or sev-tool", Word::Choice, {"sevctl", "sevctl-full", "sev-tool"}},
                {"cek", 0, "FILE", "The chip's CEK as AMD's key server signed it", Word::File},
                {"ask-ark", 0, "FILE", "AMD's ask_ark file of the product, for sevctl-full", Word::File}, force, dryRun, json},
            {{"keepctl host export-chain -o platform.cert", "for 'keepctl owner session'"}}},
        {Command::HostCsr, "csr", "write the platform's endorsement key, for an owner to sign",
            {"The PEK as a certificate without signatures, 2084 bytes: sign it elsewhere with 'keepctl host sign-csr', and 'keepctl host "
             "import' what comes back."},
            {host}, {output("The file"), force, dryRun, json}, {{"keepctl host csr -o pek.csr", "step 1 of 3"}}},
        {Command::HostGenerateOca, "generate-oca", "make an owner's key and certificate",
            {"An OCA on P-384: who has its key can take platforms into ownership. Needs no platform: do it on another machine, and keep "
             "the key "
             "there. The key is readable by this user alone."},
            {},
            {{"certificate", 'c', "FILE", "Where to write the certificate, 2084 bytes", Word::File},
                {"key", 'k', "FILE", "Where to write the private key", Word::File},
                {"key-form", 0, "FORM", "pem (PKCS #8, default) or der, as sevctl has it", Word::Choice, {"pem", "der"}}, force, dryRun,
                json},
            {{"keepctl host generate-oca -c oca.cert -k oca.key", "once for all platforms"}}},
        {Command::HostSignCsr, "sign-csr", "sign a platform's endorsement key with an owner's key", {"Needs no platform, and no network."},
            {},
            {{"csr", 0, "FILE", "What 'keepctl host csr' wrote", Word::File}, ocaCertificate, ocaKey,
                output("Where to write the signed certificate"), force, dryRun, json},
            {{"keepctl host sign-csr --csr pek.csr --oca-certificate oca.cert --oca-key oca.key -o pek.cert", "step 2 of 3"}}},
        {Command::HostImport, "import", "give the platform its signed endorsement key", {asks}, {host},
            {{"pek", 0, "FILE", "What 'keepctl host sign-csr' wrote", Word::File}, ocaCertificate, yes, dryRun, json},
            {{"keepctl host import --pek pek.cert --oca-certificate oca.cert", "step 3 of 3"}}},
        {Command::HostProvision, "provision", "take the platform into ownership in one go",
            {"Requests, signs and imports the endorsement key, as 'csr', 'sign-csr' and 'import' do. The owner's key has to be on this "
             "machine for that.",
                asks},
            {host}, {ocaCertificate, ocaKey, yes, dryRun, json},
            {{"keepctl host provision --oca-certificate oca.cert --oca-key oca.key", "on the host itself"}}},
        {Command::HostSelfOwn, "self-own", "make a new endorsement key that the platform signs itself",
            {"Gives up the present owner.", asks}, {host}, {yes, dryRun, json},
            {{"keepctl host self-own", "before another owner takes it"}}},
        {Command::HostRotatePdh, "rotate-pdh", "make a new Diffie-Hellman key",
            {"Guests that run are not touched; launch sessions for the old key are void.", asks}, {host}, {yes, dryRun, json},
            {{"keepctl host rotate-pdh --yes", "from a script"}}},
        {Command::HostReset, "reset", "delete the platform's persistent keys and certificates", {asks}, {host}, {yes, dryRun, json},
            {{"keepctl host reset --dry-run", "what would be lost, and whether it could be done now"}}},
        {Command::HostSetConfig, "set-config", "set the TCB that reports name, and what they keep to themselves",
            {"Levels that are not given are those that run. It holds until the machine starts anew.", asks}, {host},
            {level("bl", "Level of the boot loader, 0 to 255"), level("tee", "Level of the TEE, the Secure Processor's system"),
                level("snp", "Level of the SEV-SNP firmware"), level("ucode", "Level of the microcode"),
                level("fmc", "Level of the FMC, from Turin on"), {"mask-chip-id", 0, "", "Reports do not name the chip"},
                {"mask-chip-key", 0, "", "Reports are not signed by the chip's key"}, yes, dryRun, json},
            {{"keepctl host set-config --snp 21 --ucode 72", "report an older TCB, for which the certificate is there"},
                {"keepctl host set-config --mask-chip-id", "hide which machine it is"}}},
        {Command::HostResetConfig, "reset-config", "set the SEV-SNP configuration back", {asks}, {host}, {yes, dryRun, json},
            {{"keepctl host reset-config", "nothing masked, no other TCB reported"}}},
        {Command::HostCommit, "commit", "make the running firmware the oldest that may ever be loaded",
            {"There is no way back: the processor refuses older firmware from then on.", asks}, {host}, {yes, dryRun, json},
            {{"keepctl host commit --dry-run", "what would be committed"}}},
        {Command::HostVlekLoad, "vlek-load", "load a cloud provider's key for signing reports",
            {"A wrapped hashstick of AMD's key server for this chip and its reported TCB: its length, form and TCB are checked before.",
                asks},
            {host}, {{"hashstick", 0, "FILE", "432 bytes, or hex of them", Word::File}, yes, dryRun, json},
            {{"keepctl host vlek-load --hashstick hashstick.bin", "until the machine starts anew"}}},
        {Command::HostKds, "kds", "show where AMD's key server has this chip's certificates",
            {"VCEK at the reported TCB, chains, revocation lists, the legacy CEK. Nothing is asked of the server: 'keepctl certs fetch' "
             "does "
             "that. An emulated chip is not known there: its platform hands its certificates out itself, and this says how."},
            {host}, {json}, {{"keepctl host kds", "for this computer"}}},
    };
}

} // namespace kastellan::keepctl
