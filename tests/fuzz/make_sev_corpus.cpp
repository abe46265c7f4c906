// SPDX-License-Identifier: Apache-2.0
// Writes the corpora of the SEV fuzzers: reports, certificates, index pages and messages of our own making.
// usage: make_sev_corpus FOLDER
#include "sev-backend/certificates/ghcb_table.h"
#include "sev-backend/emulator/processor.h"
#include "sev-backend/measurement/process_keep.h"
#include "tests/fuzz/corpus.h"

#include <algorithm>

using namespace kastellan;
using namespace kastellan::sev;
using fuzz::need;
using fuzz::put;
namespace fs = std::filesystem;

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: make_sev_corpus FOLDER\n");
        return 2;
    }
    const fs::path corpus = argv[1], scratch = fs::temp_directory_path() / "kastellan-corpus";
    for (const auto &profile : profiles()) {
        const std::string id(profile.id);
        for (const std::uint32_t version : {2u, 5u}) {
            const auto processor = need(Processor::open(scratch, {}, {}, {&profile, version, false}));
            const auto guest = need(processor->launchStart(GuestPolicy()));
            const auto saved = need(processor->saveGuest(guest));
            if (!processor->launchFinish(guest, {}))
                return 1;
            const Bytes response = processor->guestRequest(guest, ReportRequest().encode());
            put(corpus / "report" / (id + "-v" + std::to_string(version)), need(ReportResponse::decode(response)).report);
            if (version == 5) {
                put(corpus / "guest_message" / ("response-" + id), response);
                for (const auto &[role, der] : processor->endorsements())
                    put(corpus / "certificate" / (role + "-" + id), der);
                put(corpus / "saved_guest" / ("sealed-" + id), saved);
            }
            if (version == 5 && id == "genoa")
                put(corpus / "certificate" / "crl",
                    need(processor->identity().authority().revocationList({1, 2, 0x20001}, 1700000000, 1900000000)));
        }
    }
    put(corpus / "guest_message" / "request", ReportRequest().encode());
    GuestContext guest;
    static_cast<void>(guest.claim(0x1000, 0x3000));
    static_cast<void>(guest.claim(0x8000, 0x1000));
    put(corpus / "saved_guest" / "plain", guest.encode());

    put(corpus / "ghcb_table" / "empty", Bytes(48));
    put(corpus / "ghcb_table" / "one", need(writeGhcbTable(std::vector<GhcbTableEntry>{{ghcbVcek, Bytes(20, 1)}})));
    put(corpus / "ghcb_table" / "all",
        need(writeGhcbTable(std::vector<GhcbTableEntry>{{ghcbVcek, Bytes(20, 1)}, {ghcbAsk, Bytes(21, 2)}, {ghcbArk, Bytes(22, 3)},
            {ghcbCrl, Bytes(5, 4)}, {ghcbPlatformInfo, Bytes(8, 5)}})));

    const Bytes content(5000, 1);
    const auto keep = need(ProcessKeep::layOut({{"/usr/bin/keep-warden", 0755, content}, {"/usr/lib/libc.so.6", 0644, content}}));
    put(corpus / "keep_index" / "two-files", keep.runs().front().pages);
    put(corpus / "keep_index" / "no-files", need(ProcessKeep::layOut({})).runs().front().pages);

    put(corpus / "hardware_id" / "raw-64", Bytes(64, 2));
    put(corpus / "hardware_id" / "raw-8", Bytes(8, 4));
    Bytes wrapped(66, 7);
    wrapped[0] = 4;
    wrapped[1] = 64;
    put(corpus / "hardware_id" / "wrapped-64", wrapped);
    put(corpus / "hardware_id" / "level-one-byte", Bytes{2, 1, 23});
    put(corpus / "hardware_id" / "level-two-bytes", Bytes{2, 2, 0, 169});

    const auto key = P384PrivateKey::derive(Bytes(64, 5));
    const auto block = IdBlock().encode();
    Bytes auth(IdAuthView::size);
    auth[0] = auth[4] = 1;
    std::ranges::copy(key.sign(block).bytes, auth.begin() + 0x40);
    std::ranges::copy(key.publicFirmwareKey().bytes, auth.begin() + 0x240);
    put(corpus / "id_auth" / "block", block);
    put(corpus / "id_auth" / "auth", auth);
    put(corpus / "id_auth" / "key", key.publicFirmwareKey().bytes);
    fs::remove_all(scratch);
    return 0;
}
