// SPDX-License-Identifier: Apache-2.0
// Writes the corpora of the records' fuzzers: logs, records and keys of our own making.
// usage: make_records_corpus FOLDER
#include "core/evidence/json.h"
#include "core/keys/keys.h"
#include "core/logs/keep_log.h"
#include "core/reports/reports.h"
#include "tests/fuzz/corpus.h"
#include "tests/support/sample_record.h"

using namespace kastellan;
namespace fs = std::filesystem;

namespace {

fs::path corpus;

void put(const char *target, const char *name, ByteView content)
{
    fuzz::put(corpus / target / name, content);
}

void putLogs()
{
    const fs::path file = corpus / "log.tmp";
    {
        auto writer = KeepLogWriter::open(file);
        if (!writer)
            std::exit(1);
        put("keep_log", "empty", *readFile(file, 1 << 20));
        (void)writer->append(LogEntry::Stream::Event, asBytes("started"));
        (void)writer->append(LogEntry::Stream::Out, asBytes("hello\n"));
        (void)writer->append(LogEntry::Stream::Err, {});
        (void)writer->append(LogEntry::Stream::Out, Bytes(300, 'x'));
    }
    Bytes whole = *readFile(file, 1 << 20);
    put("keep_log", "whole", whole);
    put("keep_log", "torn", ByteView(whole).first(whole.size() - 7));
    whole[60] ^= 1;
    put("keep_log", "damaged", whole);
    fs::remove(file);
}

void putRecords()
{
    Record record = test::sampleRecord();
    record.id = "r0123456789abcdef";
    record.evidence.report.resize(32); // the fuzzer should spend its time on the form, not on base64
    for (auto &endorsement : record.evidence.endorsements)
        endorsement.der.resize(8);
    const EvidenceView view = test::sampleView();
    put("record_json", "stored", asBytes(js::dump(js::toJson(record))));
    put("record_json", "export", asBytes(recordJson(record, &view)));
    record.binding.reset();
    record.expected = {};
    record.appraisal.findings.resize(1);
    record.appraisal.findings[0].outcome = Outcome::Fail;
    record.manifest = R"({"items":[],"canonical":"a2FzdGVsbGFuLW1hbmlmZXN0LTEK"})";
    put("record_json", "refused", asBytes(js::dump(js::toJson(record))));
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: make_records_corpus FOLDER\n");
        return 2;
    }
    corpus = argv[1];
    putLogs();
    putRecords();
    put("visible", "text", asBytes("plain \xc3\xa4 \xe6\xbc\xa2 \xf0\x9f\x8f\xb0"));
    put("visible", "controls", asBytes("\x1b[2J\a\r\n\x7f\xc2\x9b\xe2\x80\xae\xff\xed\xa0\x80"));
    const auto owner = keys::freshOwnerKey();
    if (!owner)
        return 1;
    // A key for the fuzzer and for nothing else: the private form without its numbers, so that no scanner for secrets finds one.
    put("pem", "cut", asBytes(std::string_view(owner->first).substr(0, 60)));
    put("pem", "public",
        asBytes("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n"));
    return 0;
}
