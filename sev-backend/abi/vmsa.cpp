// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/abi/vmsa.h"

namespace kastellan::sev {
namespace {

struct Segment {
    std::uint16_t selector, attributes;
    std::uint32_t limit;
    std::uint64_t base;
};

void put(std::span<std::uint8_t> page, std::size_t offset, const Segment &segment)
{
    storeLe(page, offset, segment.selector);
    storeLe(page, offset + 2, segment.attributes);
    storeLe(page, offset + 4, segment.limit);
    storeLe(page, offset + 8, segment.base);
}

} // namespace

std::uint32_t cpuSignature(unsigned family, unsigned model, unsigned stepping)
{
    const unsigned base = family > 0xf ? 0xf : family;
    const unsigned extended = family > 0xf ? family - 0xf : 0;
    return (extended << 20) | ((model >> 4) << 16) | (base << 8) | ((model & 0xf) << 4) | (stepping & 0xf);
}

std::array<std::uint8_t, pageSize> qemuVmsa(const VmsaOptions &options)
{
    std::array<std::uint8_t, pageSize> page{};
    const Segment data{0, 0x93, 0xffff, 0};
    put(page, 0x00, data); // es
    put(page, 0x10, {0xf000, 0x9b, 0xffff, options.eip & 0xffff0000u}); // cs
    put(page, 0x20, data); // ss
    put(page, 0x30, data); // ds
    put(page, 0x40, data); // fs
    put(page, 0x50, data); // gs
    put(page, 0x60, {0, 0, 0xffff, 0}); // gdtr
    put(page, 0x70, {0, 0x82, 0xffff, 0}); // ldtr
    put(page, 0x80, {0, 0, 0xffff, 0}); // idtr
    put(page, 0x90, {0, 0x8b, 0xffff, 0}); // tr
    storeLe<std::uint64_t>(page, 0x0d0, 0x1000); // efer: SVME
    storeLe<std::uint64_t>(page, 0x148, 0x40); // cr4: MCE
    storeLe<std::uint64_t>(page, 0x158, 0x10); // cr0: ET
    storeLe<std::uint64_t>(page, 0x160, 0x400); // dr7
    storeLe<std::uint64_t>(page, 0x168, 0xffff0ff0); // dr6
    storeLe<std::uint64_t>(page, 0x170, 0x2); // rflags
    storeLe<std::uint64_t>(page, 0x178, options.eip & 0xffffu); // rip
    storeLe<std::uint64_t>(page, 0x268, 0x0007040600070406); // g_pat
    storeLe<std::uint64_t>(page, 0x310, options.cpuSignature); // rdx
    storeLe<std::uint64_t>(page, 0x3b0, options.sevFeatures);
    storeLe<std::uint64_t>(page, 0x3e8, 0x1); // xcr0: x87
    storeLe<std::uint32_t>(page, 0x408, options.mxcsr);
    storeLe<std::uint16_t>(page, 0x410, options.fcw);
    return page;
}

} // namespace kastellan::sev
