// SPDX-License-Identifier: Apache-2.0
// Writes the corpora of the emulator's fuzzers.
// usage: make_emulator_corpus FOLDER
#include "sev-backend/abi/derived_key.h"
#include "sev-backend/abi/platform_status.h"
#include "sev-backend/emulator/emulated_state.h"
#include "tests/fuzz/corpus.h"

#include <linux/ioctl.h>
#include <linux/psp-sev.h>
#include <linux/sev-guest.h>

using namespace kastellan;
using namespace kastellan::sev;
using fuzz::put;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t base = 0x10000;

void append(Bytes &bytes, std::uint64_t number)
{
    bytes.resize(bytes.size() + 8);
    storeLe(bytes, bytes.size() - 8, number);
}

template <typename T>
void lay(Bytes &memory, std::uint64_t address, const T &value)
{
    const auto offset = static_cast<std::size_t>(address - base);
    if (memory.size() < offset + sizeof value)
        memory.resize(offset + sizeof value);
    std::memcpy(memory.data() + offset, &value, sizeof value);
}

/// One call, and the memory that belongs to it.
Bytes input(std::uint64_t device, std::uint64_t request, const Bytes &memory)
{
    Bytes bytes{1};
    append(bytes, device);
    append(bytes, request);
    append(bytes, base);
    bytes.insert(bytes.end(), memory.begin(), memory.end());
    return bytes;
}

Bytes hostCall(std::uint32_t command)
{
    Bytes memory;
    sev_issue_cmd issue{};
    issue.cmd = command;
    issue.data = base + 0x40;
    lay(memory, base, issue);
    if (command == SEV_PDH_CERT_EXPORT) {
        sev_user_data_pdh_cert_export data{};
        data.pdh_cert_address = base + 0x1000;
        data.pdh_cert_len = 2084;
        data.cert_chain_address = base + 0x2000;
        data.cert_chain_len = 6252;
        lay(memory, issue.data, data);
    } else if (command == SEV_PEK_CERT_IMPORT) {
        sev_user_data_pek_cert_import data{};
        data.pek_cert_address = data.oca_cert_address = base + 0x100;
        data.pek_cert_len = data.oca_cert_len = 2084;
        lay(memory, issue.data, data);
    } else if (command == SNP_VLEK_LOAD) {
        sev_user_data_snp_vlek_load data{};
        data.len = sizeof data;
        data.vlek_wrapped_address = base + 0x100;
        lay(memory, issue.data, data);
    } else { // PEK_CSR and GET_ID2 have the same form
        sev_user_data_pek_csr data{};
        data.address = base + 0x1000;
        data.length = 2084;
        lay(memory, issue.data, data);
    }
    return input(2, SEV_ISSUE_CMD, memory);
}

Bytes guestCall(std::uint64_t request)
{
    Bytes memory;
    snp_guest_request_ioctl call{};
    call.msg_version = 1;
    call.req_data = base + 0x40;
    call.resp_data = base + 0x1000;
    lay(memory, base, call);
    snp_ext_report_req data{};
    data.certs_address = base + 0x3000;
    data.certs_len = 0x4000;
    lay(memory, call.req_data, data);
    return input(1, request, memory);
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: make_emulator_corpus FOLDER\n");
        return 2;
    }
    const fs::path corpus = argv[1];
    put(corpus / "fault_plan" / "all", asBytes("pek-import=INVALID_CERTIFICATE,snp-commit=0x24#2\nget-report=busy*3,*=slow:200ms"));
    put(corpus / "fault_plan" / "one", asBytes("init=busy"));
    EmulatedState state = EmulatedState::fresh(defaultProfile());
    put(corpus / "emulated_state" / "fresh", state.encode({}));
    state.keysMade = state.pdhKey = 3;
    state.ocaKey = 1;
    state.pekKey = 2;
    state.cek = state.oca = state.pek = state.pdh = Bytes(2084, 1);
    state.ark = state.ask = Bytes(832, 2);
    state.vlekSeed = Bytes(64, 3);
    state.vlekCsp = "Example Cloud";
    put(corpus / "emulated_state" / "full", state.encode({}));
    put(corpus / "platform_status" / "sev", SevPlatformStatus().encode());
    put(corpus / "platform_status" / "snp", SnpPlatformStatus().encode());
    put(corpus / "platform_status" / "config", SnpConfig().encode());
    put(corpus / "platform_status" / "hashstick", VlekHashstick().encode());
    put(corpus / "platform_status" / "key-request", KeyRequest().encode());
    KeyRequest longer;
    longer.fields = 1u << KeyRequest::LaunchMitigations;
    put(corpus / "platform_status" / "key-request-40", longer.encode());
    put(corpus / "platform_status" / "key-response", KeyResponse().encode());
    for (std::uint32_t command = 0; command < SEV_MAX; ++command)
        put(corpus / "emulated_devices" / ("host-" + std::to_string(command)), hostCall(command));
    put(corpus / "emulated_devices" / "guest-report", guestCall(SNP_GET_REPORT));
    put(corpus / "emulated_devices" / "guest-key", guestCall(SNP_GET_DERIVED_KEY));
    put(corpus / "emulated_devices" / "guest-extended", guestCall(SNP_GET_EXT_REPORT));
    return 0;
}
