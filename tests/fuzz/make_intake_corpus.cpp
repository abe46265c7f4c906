// SPDX-License-Identifier: Apache-2.0
// Writes the corpus of fuzz_intake: the forms of evidence, made of an emulated report and of certificates of our own making.
// usage: make_intake_corpus FOLDER
#include "core/reports/zip.h"
#include "sev-backend/certificates/ghcb_table.h"
#include "sev-backend/emulator/processor.h"
#include "tests/fuzz/corpus.h"

using namespace kastellan;
using namespace kastellan::sev;
using fuzz::need;
namespace fs = std::filesystem;

namespace {

void putVarint(Bytes &out, std::uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        out.push_back(static_cast<std::uint8_t>(value | 0x80));
    out.push_back(static_cast<std::uint8_t>(value));
}

void putBytes(Bytes &out, unsigned field, ByteView value)
{
    putVarint(out, field << 3 | 2);
    putVarint(out, value.size());
    out.insert(out.end(), value.begin(), value.end());
}

Bytes attestation(ByteView report, ByteView vcek)
{
    Bytes message, inner, chain;
    putVarint(inner, 1 << 3);
    putVarint(inner, report[0]);
    putVarint(inner, 3 << 3);
    putVarint(inner, loadLe<std::uint64_t>(report, 8));
    for (const auto &[field, offset, size] : {std::tuple{11u, 0x50u, 64u}, {12u, 0x90u, 48u}, {19u, 0x1a0u, 64u}, {28u, 0x2a0u, 512u}})
        putBytes(inner, field, report.subspan(offset, size));
    putBytes(chain, 1, vcek);
    putBytes(message, 1, inner);
    putBytes(message, 2, chain);
    return message;
}

Bytes legacyCertificate(std::uint32_t usage)
{
    Bytes bytes(2084);
    storeLe<std::uint32_t>(bytes, 0, 1);
    storeLe<std::uint32_t>(bytes, 8, usage);
    storeLe<std::uint32_t>(bytes, 12, usage == 0x1003 ? 3 : 2);
    const auto key = P384PrivateKey::derive(Bytes(64, static_cast<std::uint8_t>(usage))).publicFirmwareKey();
    std::copy_n(key.bytes.begin(), 148, bytes.begin() + 0x10);
    storeLe<std::uint32_t>(bytes, 0x414, usage == 0x1003 ? 0x1002 : 0x1001);
    storeLe<std::uint32_t>(bytes, 0x418, 2);
    storeLe<std::uint32_t>(bytes, 0x61c, 0x1000);
    bytes[0x41c] = bytes[0x464] = 1;
    return bytes;
}

Bytes joined(std::initializer_list<ByteView> parts)
{
    Bytes all;
    for (const ByteView part : parts)
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: make_intake_corpus FOLDER\n");
        return 2;
    }
    const fs::path corpus = fs::path(argv[1]) / "intake", scratch = fs::temp_directory_path() / "kastellan-intake-corpus";
    const auto put = [&](const char *name, ByteView content) { fuzz::put(corpus / name, content); };
    const auto processor = need(Processor::open(scratch));
    const auto guest = need(processor->launchStart(GuestPolicy()));
    if (!processor->launchFinish(guest, {}))
        return 1;
    const Bytes response = processor->guestRequest(guest, ReportRequest().encode());
    const Bytes report = need(ReportResponse::decode(response)).report;
    Bytes leaf, ark;
    for (const auto &[role, der] : processor->endorsements())
        (role == "ark" ? ark : role == "ask" ? ark : leaf) = der;

    put("report", report);
    put("response", response);
    put("hcl", joined({asBytes("HCLA"), Bytes(28), report, Bytes(20), asBytes("{}")}));
    put("table", need(writeGhcbTable(std::vector<GhcbTableEntry>{{ghcbVcek, leaf}, {ghcbArk, ark}})));
    put("report-and-table", joined({report, need(writeGhcbTable(std::vector<GhcbTableEntry>{{ghcbVcek, leaf}}))}));
    put("certificate", leaf);
    put("crl", need(processor->identity().authority().revocationList({1, 2}, 1700000000, 1900000000)));
    put("pem", toBytes("-----BEGIN CERTIFICATE-----\n" + toBase64(leaf) + "\n-----END CERTIFICATE-----\n"));
    put("hex", toBytes(toHex(report)));
    put("base64", toBytes(toBase64(report) + "\n"));
    put("proto", attestation(report, leaf));
    put("textproto",
        toBytes("report { version: 3 measurement: \"\\001abc\" signature: \"\\xff\" }\ncertificate_chain { vcek_cert: \"0\" }\n"));
    put("record",
        toBytes(R"({"schema":"kastellan-record-1","evidence":{"report":{"base64":")" + toBase64(report) + R"("},"endorsements":[]}})"));
    const Bytes pdh = legacyCertificate(0x1003), pek = legacyCertificate(0x1002), oca = legacyCertificate(0x1001);
    put("legacy-pdh", pdh);
    put("legacy-chain", joined({pek, oca}));
    put("legacy-text", toBytes("pdh : " + toBase64(pdh) + "\ncert-chain : " + toBase64(joined({pek, oca})) + "\n"));
    Bytes authority(832);
    storeLe<std::uint32_t>(authority, 0, 1);
    storeLe<std::uint32_t>(authority, 0x38, 2048);
    storeLe<std::uint32_t>(authority, 0x3c, 2048);
    storeLe<std::uint32_t>(authority, 0x40, 65537);
    authority[0x140] = 1;
    put("legacy-ark", authority);
    put("legacy-ark-bad", ByteView(authority).first(576));
    Bytes legacyReport(208);
    storeLe<std::uint32_t>(legacyReport, 0x34, 0x1002);
    storeLe<std::uint32_t>(legacyReport, 0x38, 2);
    put("legacy-report", legacyReport);
    put("measure", toBytes(toBase64(Bytes(48, 5))));
    Bytes launch(240);
    constexpr std::string_view mark = "KSTLLM1";
    std::copy(mark.begin(), mark.end(), launch.begin() + 48);
    launch[60] = 0x0f;
    put("launch-record", launch);
    put("zip", need(reports::zipped({{"report.bin", report}, {"pdh.cert", pdh}})));
    fs::remove_all(scratch);
    return 0;
}
