// SPDX-License-Identifier: Apache-2.0
// Writes the corpora of fuzz_platform_helper and fuzz_platform_files: make_platform_corpus tests/fuzz/corpus
#include "corpus.h"
#include "sev-backend/abi/platform_status.h"
#include "sev-backend/firmware/helper_protocol.h"
#include "sev-backend/firmware/oca.h"

#include <algorithm>

using namespace kastellan;
using namespace kastellan::sev;
using kastellan::fuzz::need;
using kastellan::fuzz::put;

namespace {

Bytes chosen(std::uint8_t which, ByteView content)
{
    Bytes bytes{which};
    bytes.insert(bytes.end(), content.begin(), content.end());
    return bytes;
}

constexpr const char *capabilities = R"(<domainCapabilities>
  <path>/usr/bin/qemu-system-x86_64</path>
  <cpu><mode name='host-model' supported='yes'><model fallback='forbid'>EPYC-Milan</model></mode></cpu>
  <features>
    <sev supported='yes'><cbitpos>51</cbitpos><reducedPhysBits>1</reducedPhysBits></sev>
    <launchSecurity supported='yes'><enum name='sectype'><value>sev</value><value>sev-snp</value></enum></launchSecurity>
  </features>
</domainCapabilities>
)";

} // namespace

int main(int count, char **arguments)
{
    if (count != 2)
        return 2;
    const std::filesystem::path folder = arguments[1];
    const auto helper = folder / "platform_helper", files = folder / "platform_files";
    for (const auto &layout : commandLayouts()) {
        std::vector<Bytes> buffers;
        for (const auto &pointer : layout.pointers())
            buffers.emplace_back(pointer.fixed ? pointer.fixed : 16);
        SevCall call = SevCall::of(layout.command, buffers);
        put(helper / (std::string(layout.word) + ".json"), asBytes(encodeRequest(call)));
    }
    const SevCall csr = SevCall::of(SevCommand::PekCsr, {Bytes(8, 1)});
    put(helper / "answer.json", asBytes(encodeAnswer(csr, {})));
    put(helper / "answer-refused.json", asBytes(encodeAnswer(csr, {5, 1, "no"})));

    const OcaKey key = OcaKey::make();
    const Bytes certificate = key.certificate();
    Bytes request = certificate;
    storeLe<std::uint32_t>(request, 8, 0x1002); // a PEK
    for (const std::size_t slot : {std::size_t{0x414}, std::size_t{0x61c}}) {
        std::fill_n(request.begin() + static_cast<std::ptrdiff_t>(slot), 0x208, std::uint8_t{0});
        storeLe<std::uint32_t>(request, slot, 0x1000);
    }
    Bytes stick(VlekHashstick::size);
    std::fill_n(stick.begin() + 0x10, 384, std::uint8_t{0x33});
    put(files / "oca", chosen(0, certificate));
    put(files / "csr", chosen(1, request));
    put(files / "key.pem", chosen(2, need(key.toPem())));
    put(files / "key.der", chosen(2, need(key.toDer())));
    put(files / "hashstick", chosen(3, stick));
    put(files / "hashstick.hex", chosen(3, asBytes(toHex(stick))));
    put(files / "capabilities.xml", chosen(4, asBytes(capabilities)));
    put(files / "cpuinfo", chosen(5, asBytes("vendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: an example\n")));
    return 0;
}
