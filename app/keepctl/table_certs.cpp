// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/table_words.h"

namespace kastellan::keepctl {

namespace {

const Option product{"product", 'p', "PRODUCT", "Of this product: Milan, Genoa (also Bergamo and Siena), Turin"};
const Option chip{"chip-id", 0, "HEX", "Of this chip: 64 bytes, of a Turin 8"};
const Option tcb{"tcb", 0, "LEVELS", "For this TCB: bl=3,tee=0,snp=8,ucode=115, for Turin with fmc="};
const Operand certificate{"CERT", "a certificate of the store, by its SHA-256 or the first digits of it (4 or more)"};

} // namespace

Noun certsNoun()
{
    return {"certs", "certificates and revocation lists",
        {"The certificate store keeps certificates and revocation lists of AMD SEV, each once, found by product, chip and TCB. What is in "
         "it "
         "is trusted for nothing: every use verifies it against the roots that are built in (docs/certs.md)."},
        {
            {Command::CertsImport, "import", "put certificates into the store",
                {"Takes PEM and DER, chains in any order, revocation lists, GHCB certificate tables, folders of snpguest, snphost and "
                 "sev-tool, "
                 "exports of sevctl, ask_ark files and archives of these; what a file is, its content says. What cannot be read is named; "
                 "all the rest is stored, or none of it."},
                {{"FILE", "a file or folder", Word::File, true}}, {json},
                {{"keepctl certs import certs/", "a folder of snpguest"}, {"keepctl certs import vcek.der ask_ark.pem", "single files"}}},
            {Command::CertsList, "list", "list the store",
                {"With what each is for, until when it is valid, and whether a revocation list of the store names it."}, {},
                {{"role", 0, "ROLE", "Only ark, ask, asvk, vcek, vlek, crl, pdh, pek, oca or cek", Word::Choice,
                     {"ark", "ask", "asvk", "vcek", "vlek", "crl", "pdh", "pek", "oca", "cek"}},
                    product, chip, tcb, {"at", 0, "TIME", "Validity at this time; default: now"}, json},
                {{"keepctl certs list --product Genoa", "all of one product"}}},
            {Command::CertsShow, "show", "show one certificate", {"What it says, and for X.509 the certificate as PEM."}, {certificate},
                {json}, {{"keepctl certs show 4b1f", "the one whose SHA-256 begins so"}}},
            {Command::CertsVerify, "verify", "verify certificates and draw who signed what",
                {"Signatures, names, constraints, dates and revocation of every certificate, up to the roots of AMD that are built in; for "
                 "legacy chains the built-in ASK stands in where none is given. Of the store, or of files, which are not stored.",
                    "Exit status 0 only if every certificate verifies; 1 if one does not, or hangs in the air; 2 if there is none."},
                {{"FILE", "a file or folder; without one, the whole store", Word::File, true, true}},
                {{"at", 0, "TIME", "Verify for this time: 2026-11-23, 2026-11-23T14:00:00Z or Unix seconds; default: now"},
                    {"accept-emulated", 0, "", "An emulated root is good too; it proves nothing about hardware"}, json},
                {{"keepctl certs verify", "the store"}, {"keepctl certs verify certs/", "a folder of snpguest"},
                    {"keepctl certs verify pdh-export.cert", "an export of sevctl"}}},
            {Command::CertsExport, "export", "write certificates for other programs",
                {"Takes a VCEK, VLEK or PDH of the store with all that stands behind it, and lays it out in files: folder (snpguest, "
                 "snphost), "
                 "ghcb (certificate table, for snphost import and QEMU), pem, der, go-sev-guest, sevctl, sevctl-full, sev-tool.",
                    "All files are written or none, and existing ones are never replaced without --force."},
                {{"CERT", "the certificate; without one, the only leaf that the options leave", Word::Free, false, true}},
                {{"layout", 'l', "LAYOUT", "folder (default), ghcb, pem, der, go-sev-guest, sevctl, sevctl-full or sev-tool", Word::Choice,
                     {"folder", "ghcb", "pem", "der", "go-sev-guest", "sevctl", "sevctl-full", "sev-tool"}},
                    {"der", 0, "", "In a folder, DER in place of PEM"}, {"alone", 0, "", "Without what stands behind it"}, product, chip,
                    tcb,
                    {"output", 'o', "PATH", "The file, or the folder, which is made; - for standard output where it is one file",
                        Word::File},
                    {"force", 0, "", "Replace existing files"}},
                {{"keepctl certs export --chip-id HEX --layout ghcb -o host-certs.bin", "what a host hands to its guests"},
                    {"keepctl certs export 4b1f -o certs", "as snpguest wants it"}}},
            {Command::CertsRemove, "remove", "remove certificates from the store", {"All of them or none. Records keep their own copies."},
                {{"CERT", "a certificate of the store, by its SHA-256 or the first digits of it (4 or more)", Word::Free, true, true}},
                {{"expired", 0, "", "Also all that have expired, and lists that are out of date"}, json},
                {{"keepctl certs remove 4b1f", "one of them"}, {"keepctl certs remove --expired", "what is of no use any more"}}},
            {Command::CertsFetch, "fetch", "fetch certificates from AMD's key server",
                {"vcek: the certificate of a chip at a TCB, with its chain; chain: ASK (or ASVK) and ARK; crl: the revocation list; cek: "
                 "the "
                 "legacy certificate of a platform; ask-ark: ASK and ARK in SEV format. What a report needs is vcek and crl.",
                    "Answers are verified against the built-in roots before anything is stored, and kept on the disk, so that nothing is "
                    "asked "
                    "for twice: the server answers only so many questions of one address. When it is busy it is asked again, as late as it "
                    "says, for --timeout seconds in all. Revocation lists are asked for anew after a day. When one of several fails, those "
                    "before it are kept."},
                {{"WHAT", "vcek, chain, crl, cek or ask-ark", Word::Choice, true}},
                {{"report", 'r', "FILE|RECORD", "Product, chip and TCB of this report, or record", Word::File}, product, chip, tcb,
                    {"vlek", 0, "", "Chain and list of VLEKs in place of VCEKs"}, {"id", 0, "HEX", "For cek: the platform's id"},
                    {"offline", 0, "", "Only what was fetched before"},
                    {"kds-url", 0, "URL", "A mirror of the key server; default: KASTELLAN_KDS_URL, else AMD's"},
                    {"kds-ca", 0, "FILE", "Certificate authorities for TLS, PEM; default: KASTELLAN_KDS_CA, else the system's", Word::File},
                    {"proxy", 0, "URL", "A proxy; default: as https_proxy, http_proxy and no_proxy say"},
                    {"timeout", 't', "SECONDS", "For each, waiting included; default 120"},
                    {"root", 0, "ROOT", "Which root is accepted: amd, or emulated: and the SHA-256 of an emulated root; default amd"},
                    json},
                {{"keepctl certs fetch vcek crl --report report.bin", "what a report needs"},
                    {"keepctl certs fetch chain crl --product Genoa --vlek", "for VLEKs"}}},
        }};
}

} // namespace kastellan::keepctl
