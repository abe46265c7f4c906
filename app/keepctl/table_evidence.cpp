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
            {Command::EvidenceShow, "show", "show one record",
                {"Verdict, every finding with what was expected and what was found, the certificate chain and the layers."},
                {recordOperand}, {{"fields", 'f', "", "Also every field of the raw report with its meaning"}, json},
                {{"keepctl evidence show web", "the newest record of that keep"}}},
            {Command::EvidenceExport, "export", "write a record to a file",
                {"json is for programs, html and pdf for a colleague, and bundle for an auditor: a zip with raw reports, certificates, "
                 "findings, "
                 "all inputs of the bindings, a signed manifest, and a README with the plain openssl commands that check it.",
                    "ear-jwt and ear-cwt are for programs that decide by the result: an EAT Attestation Result (draft-ietf-rats-ear) of the "
                    "stored verdict, signed with a key of this user. What is emulated never affirms.",
                    "The file is written whole or not at all, and an existing one is never replaced without --force. PDF needs the desktop "
                    "program, kastellan, beside keepctl; it is run off screen."},
                {recordOperand},
                {{"format", 'F', "FORMAT", "json, html, pdf, bundle, ear-jwt or ear-cwt; default: by the ending of FILE, else html",
                     Word::Choice, {"json", "html", "pdf", "bundle", "ear-jwt", "ear-cwt"}},
                    {"key", 0, "KEY", "For ear-jwt and ear-cwt: the owner key that signs; default: the key 'results', made on first use",
                        Word::Key},
                    {"ear-profile", 0, "PROFILE", "For ear-jwt and ear-cwt: names of the claims; default: the current draft", Word::Choice,
                        {"draft-04", "veraison-2023"}},
                    {"output", 'o', "FILE", "Where to; - for standard output; default: the record's id in the current folder", Word::File},
                    {"force", 0, "", "Replace an existing file"}},
                {{"keepctl evidence export web --format html -o web.html", "a report to read"},
                    {"keepctl evidence export web --format bundle", "everything, to check again"}}},
            {Command::EvidencePolicy, "policy", "make, check and import policy files",
                {"A policy file says in TOML what is demanded of evidence: root, products, firmware levels, guest policy, keys of ID blocks, "
                 "launch digests and more (docs/policy.md). 'keep launch' and 'evidence verify' take it with --policy.",
                    "'policy new --from SOURCE' writes the strictest policy that this evidence meets, with a comment above each value; loosen "
                    "it by hand. SOURCE is a file with a report, best together with its certificates, or a record.",
                    "'policy check FILE' reads a policy and says what is wrong with it, by line, with the nearest valid key.",
                    "'policy import FILE' writes a policy from go-sev-guest's check.Config (text proto) or the configuration of Enarx' Steward "
                    "(TOML), and names on standard error what cannot be carried over."},
                {{"new|check|import", "what to do; behind check and import, the file", Word::File, true}},
                {{"from", 0, "SOURCE", "For new: a file with a report, or a record; may be given several times, for certificates in files of their own",
                     Word::File, {}, true},
                    {"name", 0, "TEXT", "A name for the policy"},
                    {"output", 'o', "FILE", "Where to; default: standard output", Word::File}, {"force", 0, "", "Replace an existing file"},
                    json},
                {{"keepctl evidence policy new --from report.bin -o web.toml", "a policy that this report meets"},
                    {"keepctl evidence policy check web.toml", "whether it can be read"},
                    {"keepctl evidence policy import check.textproto -o web.toml", "from go-sev-guest"}}},
            {Command::EvidenceFsck, "fsck", "check the evidence store",
                {"Checks every record, every link of the chain and the signature of its head. Exit status 1 when something is wrong."}, {},
                {json}, {{"keepctl evidence fsck", "nothing was changed or removed"}}},
        }};
}

} // namespace kastellan::keepctl
