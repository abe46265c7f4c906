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
                    "The file is written whole or not at all, and an existing one is never replaced without --force. PDF needs the desktop "
                    "program, kastellan, beside keepctl; it is run off screen."},
                {recordOperand},
                {{"format", 'F', "FORMAT", "json, html, pdf or bundle; default: by the ending of FILE, else html", Word::Choice,
                     {"json", "html", "pdf", "bundle"}},
                    {"output", 'o', "FILE", "Where to; - for standard output; default: the record's id in the current folder", Word::File},
                    {"force", 0, "", "Replace an existing file"}},
                {{"keepctl evidence export web --format html -o web.html", "a report to read"},
                    {"keepctl evidence export web --format bundle", "everything, to check again"}}},
            {Command::EvidenceFsck, "fsck", "check the evidence store",
                {"Checks every record, every link of the chain and the signature of its head. Exit status 1 when something is wrong."}, {},
                {json}, {{"keepctl evidence fsck", "nothing was changed or removed"}}},
        }};
}

} // namespace kastellan::keepctl
