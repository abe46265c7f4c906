// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/table_words.h"

namespace kastellan::keepctl {

Noun evidenceNoun()
{
    return {"evidence", "records of what keeps proved",
        {"Every appraisal is stored with all that is needed to compute it again, whatever its verdict. Records are chained by hash, and "
         "the "
         "chain's head is signed by the record key of this user."},
        {
            {Command::EvidenceList, "list", "list the records, newest first", {"Id, time, keep, kind and verdict of each record."}, {},
                {{"keep", 'k', "KEEP", "Only those of this keep", Word::Keep}, {"limit", 0, "N", "At most so many; default 1000"}, json},
                {{"keepctl evidence list --keep web", "all that this keep proved"}}},
            {Command::EvidenceVerify, "verify", "appraise evidence from files",
                {"Takes what people have and finds out what it is, by content and never by name: attestation reports of SEV-SNP, raw, in "
                 "hex or "
                 "base64, in the responses of drivers and of Azure's vTPM, in go-sev-guest's form, in folders of snpguest and bundles of "
                 "this "
                 "program; certificates and revocation lists in DER and PEM, in any order, and GHCB certificate tables; and of SEV and "
                 "SEV-ES "
                 "certificates, exports of sevctl and sev-tool, capabilities as QEMU and libvirt print them, reports and launch "
                 "measurements "
                 "(docs/evidence.md).",
                    "Each piece of evidence is appraised with the certificates that fit it; docs/appraisal.md lists the checks. Writes "
                    "nothing "
                    "anywhere, needs no network, no device and no privilege. Without --expect-digest or a policy the best verdict is "
                    "'authentic': genuine, but nothing said what should run.",
                    "Exit status 0: every piece is trusted or authentic; of emulated evidence only with --accept-emulated. 1: one is "
                    "refused or "
                    "undecided. 2: there is no evidence in what was given, or a file of it cannot be used.",
                    "With --batch the operand is a folder, of which each file and each folder is one item, or a list with a path on each "
                    "line "
                    "(- for standard input). All cores are used, memory stays the same, and each item has a line as soon as it is known; "
                    "certificates come from --certs and from the folder itself. With --json each line is an object, the last one a "
                    "summary."},
                {{"FILE", "a file or folder with evidence or certificates; - for standard input; with --batch one folder or list",
                    Word::File, true}},
                {{"certs", 'c', "PATH", "A file or folder with certificates; may be given several times", Word::File, {}, true},
                    {"crl", 0, "FILE", "A revocation list; may be given several times", Word::File, {}, true},
                    {"fetch", 0, "", "Fetch certificates that are missing from AMD's key server; else only those of the certificate store"},
                    {"policy", 0, "FILE", "A policy file (docs/policy.md)", Word::File},
                    {"root", 0, "ROOT", "amd, or emulated: and the SHA-256 of an emulated root; default: the policy's, else amd"},
                    {"expect-digest", 0, "DIGEST", "The launch digest in hex or base64, or @FILE: 48 bytes, or 32 of SEV and SEV-ES"},
                    {"from-qemu", 0, "LINE|@FILE",
                        "Expect the launch digest of the machine that this command line of QEMU starts; when another one is "
                        "there, search what explains it"},
                    {"from-libvirt", 0, "FILE", "The same of a libvirt domain's XML", Word::File},
                    {"ovmf", 0, "FILE", "The firmware of that machine, where it is in another file here", Word::File},
                    {"vcpus", 0, "N", "How many processors that machine starts with"},
                    {"vcpu-type", 0, "MODEL", "Their model by QEMU's name"}, {"guest-features", 0, "N", "Its SEV_FEATURES; default 0x1"},
                    {"report-data", 0, "DATA", "What was asked for, in hex or a file: up to 64 bytes, zeros behind", Word::File},
                    {"host-data", 0, "HEX", "The 32 bytes that the host gave at launch"},
                    {"min-tcb", 0, "LEVELS", "The least firmware levels, e.g. snp=23,ucode=84; parts are bl, tee, snp, ucode and fmc",
                        Word::Free, {}, true},
                    {"vmpl", 0, "N", "The privilege level that asked; default: any"},
                    {"at", 0, "TIME", "Appraise for this time: 2026-11-23, 2026-11-23T14:00:00Z or Unix seconds; default: now"},
                    {"allow-debug", 0, "", "Accept a policy that lets the host read the guest's memory; shown"},
                    {"accept-emulated", 0, "",
                        "A positive verdict about an emulated platform counts too; it proves nothing about hardware"},
                    {"strict", 's', "", "Advisory checks are required too"},
                    {"findings", 'f', "", "Also the checks that passed, and what was found in the files"},
                    {"ear", 0, "FILE", "Also write the result for programs, signed: an EAR as JWT, or as CWT where FILE ends in .cwt",
                        Word::File},
                    {"key", 0, "KEY", "For --ear: the owner key that signs; default: the key 'results', made on first use", Word::Key},
                    {"ear-profile", 0, "PROFILE", "For --ear: names of the claims; draft-04 (default) or veraison-2023", Word::Choice,
                        {"draft-04", "veraison-2023"}},
                    {"force", 0, "", "For --ear: replace an existing file"}, {"batch", 'b', "", "Many: one line each, and a summary"},
                    {"resume", 0, "FILE", "For --batch: note there what is done, and go on from there", Word::File}, json},
                {{"keepctl evidence verify report.bin certs/", "a report with its certificates"},
                    {"keepctl evidence verify export.zip --expect-digest 6d287813...", "is it what I built?"},
                    {"keepctl evidence verify report.bin certs/ --from-libvirt domain.xml", "is it my domain, and if not, what differs?"},
                    {"keepctl evidence verify --batch fleet/ --certs ca/ --json", "a fleet, one line each"}}},
            {Command::EvidenceShow, "show", "show a record, or what a file holds",
                {"Of a record: verdict, every finding with what was expected and what was found, the certificate chain and the layers.",
                    "Of a file: every field of the evidence in it with its meaning, its TCB and the certificates that fit. Nothing is "
                    "judged; "
                    "'evidence verify' does that. A word with a slash, or that is a file, means the file."},
                {{"RECORD|FILE", "a record, by its id or the beginning of it, or by its keep; or a file or folder", Word::File}},
                {{"fields", 'f', "", "Also every field of the raw report with its meaning"},
                    {"hex", 0, "", "The raw bytes, field by field"}, json},
                {{"keepctl evidence show web", "the newest record of that keep"},
                    {"keepctl evidence show ./report.bin --hex", "the bytes of a report"}}},
            {Command::EvidenceDiff, "diff", "what two pieces of evidence differ in",
                {"Compares two records or files field by field, with TCB, certificates and findings. Exit status 1 when anything differs."},
                {{"A", "a record or a file", Word::File}, {"B", "a record or a file", Word::File}},
                {{"root", 0, "ROOT", "For the findings of files: amd, or emulated: and a fingerprint; default: amd"},
                    {"at", 0, "TIME", "Appraise for this time; default: now"}, json},
                {{"keepctl evidence diff before.bin after.bin", "what changed between two reports"}}},
            {Command::EvidenceExport, "export", "write a record to a file",
                {"json is for programs, html and pdf for a colleague, and bundle for an auditor: a zip with raw reports, certificates, "
                 "findings, "
                 "all inputs of the bindings, a signed manifest, and a README with the plain openssl commands that check it.",
                    "ear-jwt and ear-cwt are for programs that decide by the result: an EAT Attestation Result (draft-ietf-rats-ear) of "
                    "the "
                    "stored verdict, signed with a key of this user. What is emulated never affirms.",
                    "The file is written whole or not at all, and an existing one is never replaced without --force. PDF needs the desktop "
                    "program, kastellan, beside keepctl; it is run off screen."},
                {recordOperand},
                {{"format", 'F', "FORMAT", "json, html, pdf, bundle, ear-jwt or ear-cwt; default: by the ending of FILE, else html",
                     Word::Choice, {"json", "html", "pdf", "bundle", "ear-jwt", "ear-cwt"}},
                    {"key", 0, "KEY", "For ear-jwt and ear-cwt: the owner key that signs; default: the key 'results', made on first use",
                        Word::Key},
                    {"ear-profile", 0, "PROFILE", "For ear-jwt and ear-cwt: names of the claims; draft-04 (default) or veraison-2023",
                        Word::Choice, {"draft-04", "veraison-2023"}},
                    {"redact-chip-id", 0, "",
                        "For json, html and bundle: without the chip id, raw report and the chip's certificates; the signature cannot be "
                        "checked then"},
                    {"output", 'o', "FILE", "Where to; - for standard output; default: the record's id in the current folder", Word::File},
                    {"force", 0, "", "Replace an existing file"}},
                {{"keepctl evidence export web --format html -o web.html", "a report to read"},
                    {"keepctl evidence export web --format bundle", "everything, to check again"}}},
            {Command::EvidencePolicy, "policy", "make, check and import policy files",
                {"A policy file says in TOML what is demanded of evidence: root, products, firmware levels, guest policy, keys of ID "
                 "blocks, "
                 "launch digests and more (docs/policy.md). 'keep launch' and 'evidence verify' take it with --policy.",
                    "'policy new --from SOURCE' writes the strictest policy that this evidence meets, with a comment above each value; "
                    "loosen "
                    "it by hand. SOURCE is a file or folder with a report, best together with its certificates, or a record.",
                    "'policy check FILE' reads a policy and says what is wrong with it, by line, with the nearest valid key.",
                    "'policy import FILE' writes a policy from go-sev-guest's check.Config (text proto) or the configuration of Enarx' "
                    "Steward "
                    "(TOML), and names on standard error what cannot be carried over."},
                {{"new|check|import", "what to do; behind check and import, the file", Word::File, true}},
                {{"from", 0, "SOURCE",
                     "For new: a file or folder with a report, or a record; may be given several times, for certificates in files of their "
                     "own",
                     Word::File, {}, true},
                    {"name", 0, "TEXT", "A name for the policy"}, {"output", 'o', "FILE", "Where to; default: standard output", Word::File},
                    {"force", 0, "", "Replace an existing file"}, json},
                {{"keepctl evidence policy new --from report.bin -o web.toml", "a policy that this report meets"},
                    {"keepctl evidence policy check web.toml", "whether it can be read"},
                    {"keepctl evidence policy import check.textproto -o web.toml", "from go-sev-guest"}}},
            {Command::EvidenceReappraise, "reappraise", "appraise stored records again",
                {"With what is demanded and known today: a policy, firmware floors, revocation lists (those given and those of the "
                 "certificate "
                 "store), another time. What a record demanded itself is never loosened; --policy alone takes the place of its policy "
                 "file. Lists the records whose verdict changed, or that "
                 "fail "
                 "a check that they passed.",
                    "Old records are never changed; with --record a new one is added for each that changed. Exit status 1 when one turned "
                    "bad."},
                {},
                {{"policy", 0, "FILE", "A policy file in place of the records' own (docs/policy.md)", Word::File},
                    {"crl", 0, "FILE", "A revocation list; may be given several times", Word::File, {}, true},
                    {"min-tcb", 0, "LEVELS", "The least firmware levels, e.g. snp=23,ucode=84", Word::Free, {}, true},
                    {"at", 0, "TIME", "Appraise for this time: 2026-11-23, 2026-11-23T14:00:00Z or Unix seconds; default: now"},
                    {"keep", 'k', "KEEP", "Only records of this keep", Word::Keep}, {"strict", 's', "", "Advisory checks are required too"},
                    {"record", 0, "", "Add a record of each appraisal that changed"}, json},
                {{"keepctl evidence reappraise --min-tcb snp=23", "what would be refused under a new floor"}}},
            {Command::EvidenceHold, "hold", "keep a record from being purged", {"Without a record, lists the holds."},
                {{"RECORD", "an evidence record, by its id or the beginning of it; a keep means its newest record", Word::Record, false,
                    true}},
                {{"why", 'w', "TEXT", "Why, for whoever wonders later"}, json},
                {{"keepctl evidence hold r4f1 --why 'case 17'", "until it is released"}}},
            {Command::EvidenceRelease, "release", "give up a hold", {"The record may be purged when it is old enough."}, {recordOperand},
                {json}, {{"keepctl evidence release r4f1", "the case is closed"}}},
            {Command::EvidencePurge, "purge", "take away old records",
                {"Contents, reports and certificates of records go; of each, its line in the list and its hash remain, so that the chain "
                 "can be "
                 "checked as before, and a new record names what was taken away (docs/records.md). Records that are held, and the newest "
                 "of "
                 "each keep, stay."},
                {},
                {{"older-than", 0, "AGE", "Those older than this: 90d, 12w, 36h"},
                    {"keep-newest", 0, "N", "But never the newest N of each keep; default 1"}, {"why", 'w', "TEXT", "Why; it is recorded"},
                    {"dry-run", 'n', "", "Only tell what would be purged"}, json},
                {{"keepctl evidence purge --older-than 90d --keep-newest 5", "what the rules of the house say"}}},
            {Command::EvidenceBackup, "backup", "copy the evidence store into a file",
                {"A consistent copy, checked whole before it gets its name; keeps may go on meanwhile. keys/record.pem in the data folder "
                 "belongs "
                 "to it: without that key it cannot be checked."},
                {{"FILE", "the file to write; it must not be there", Word::File}}, {json},
                {{"keepctl evidence backup evidence-2026-11.db", "everything that was proved so far"}}},
            {Command::EvidenceRestore, "restore", "put a backup in the place of the evidence store",
                {"The backup is checked whole first. If the store has records that the backup lacks, nothing is done without --force, "
                 "which saves "
                 "the store as it is beside it. A crash leaves the old store or the new one."},
                {{"FILE", "a backup", Word::File}}, {{"force", 0, "", "Even when the store has records that the backup lacks"}, json},
                {{"keepctl evidence restore evidence-2026-11.db", "on a new machine, with its record key"}}},
            {Command::EvidenceFsck, "fsck", "check the evidence store",
                {"Checks every record, every link of the chain and the signature of its head. Exit status 1 when something is wrong."}, {},
                {json}, {{"keepctl evidence fsck", "nothing was changed or removed"}}},
        }};
}

} // namespace kastellan::keepctl
