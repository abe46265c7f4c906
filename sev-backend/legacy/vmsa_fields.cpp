// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/legacy/vmsa_fields.h"

#include <algorithm>

namespace kastellan::sev::legacy {

namespace {

using enum VmsaField::Kind;

constexpr VmsaField fields[] = {
    {"es", 0x000, 16, Segment, true},
    {"cs", 0x010, 16, Segment, true},
    {"ss", 0x020, 16, Segment, true},
    {"ds", 0x030, 16, Segment, true},
    {"fs", 0x040, 16, Segment, true},
    {"gs", 0x050, 16, Segment, true},
    {"gdtr", 0x060, 16, Segment, true},
    {"ldtr", 0x070, 16, Segment, true},
    {"idtr", 0x080, 16, Segment, true},
    {"tr", 0x090, 16, Segment, true},
    {"reserved_1", 0x0a0, 43, Reserved},
    {"cpl", 0x0cb, 1, Number},
    {"reserved_2", 0x0cc, 4, Reserved},
    {"efer", 0x0d0, 8, Number, true},
    {"reserved_3", 0x0d8, 104, Reserved},
    {"xss", 0x140, 8, Number},
    {"cr4", 0x148, 8, Number, true},
    {"cr3", 0x150, 8, Number},
    {"cr0", 0x158, 8, Number, true},
    {"dr7", 0x160, 8, Number, true},
    {"dr6", 0x168, 8, Number, true},
    {"rflags", 0x170, 8, Number, true},
    {"rip", 0x178, 8, Number, true},
    {"reserved_4", 0x180, 88, Reserved},
    {"rsp", 0x1d8, 8, Number, true},
    {"reserved_5", 0x1e0, 24, Reserved},
    {"rax", 0x1f8, 8, Number},
    {"star", 0x200, 8, Number},
    {"lstar", 0x208, 8, Number},
    {"cstar", 0x210, 8, Number},
    {"sfmask", 0x218, 8, Number},
    {"kernel_gs_base", 0x220, 8, Number},
    {"sysenter_cs", 0x228, 8, Number},
    {"sysenter_esp", 0x230, 8, Number},
    {"sysenter_eip", 0x238, 8, Number},
    {"cr2", 0x240, 8, Number},
    {"reserved_6", 0x248, 32, Reserved},
    {"g_pat", 0x268, 8, Number, true},
    {"dbgctl", 0x270, 8, Number},
    {"br_from", 0x278, 8, Number},
    {"br_to", 0x280, 8, Number},
    {"last_excp_from", 0x288, 8, Number},
    {"last_excp_to", 0x290, 8, Number},
    {"reserved_7", 0x298, 72, Reserved},
    {"spec_ctrl", 0x2e0, 4, Number},
    {"reserved_7b", 0x2e4, 4, Reserved},
    {"pkru", 0x2e8, 4, Number},
    {"reserved_7a", 0x2ec, 20, Reserved},
    {"reserved_8", 0x300, 8, Number},
    {"rcx", 0x308, 8, Number},
    {"rdx", 0x310, 8, Number, true},
    {"rbx", 0x318, 8, Number},
    {"reserved_9", 0x320, 8, Number},
    {"rbp", 0x328, 8, Number, true},
    {"rsi", 0x330, 8, Number, true},
    {"rdi", 0x338, 8, Number},
    {"r8", 0x340, 8, Number},
    {"r9", 0x348, 8, Number},
    {"r10", 0x350, 8, Number},
    {"r11", 0x358, 8, Number},
    {"r12", 0x360, 8, Number},
    {"r13", 0x368, 8, Number},
    {"r14", 0x370, 8, Number},
    {"r15", 0x378, 8, Number},
    {"reserved_10", 0x380, 16, Reserved},
    {"sw_exit_code", 0x390, 8, Number},
    {"sw_exit_info_1", 0x398, 8, Number},
    {"sw_exit_info_2", 0x3a0, 8, Number},
    {"sw_scratch", 0x3a8, 8, Number},
    {"reserved_11", 0x3b0, 56, Reserved},
    {"xcr0", 0x3e8, 8, Number, true},
    {"valid_bitmap", 0x3f0, 16, Reserved},
    {"x87_state_gpa", 0x400, 8, Number},
};
constexpr VmsaField more[] = {
    {"vmpl", 0x0ca, 1, Number},
    {"tsc_aux", 0x2ec, 4, Number},
    {"sev_features", 0x3b0, 8, Number, true},
    {"vintr_ctrl", 0x3b8, 8, Number},
    {"virtual_tom", 0x3c8, 8, Number},
    {"mxcsr", 0x408, 4, Number, true},
    {"x87_ftw", 0x40c, 2, Number},
    {"x87_fsw", 0x40e, 2, Number},
    {"x87_fcw", 0x410, 2, Number, true},
};

} // namespace

std::span<const VmsaField> vmsaFields()
{
    return fields;
}

std::span<const VmsaField> moreVmsaFields()
{
    return more;
}

void updateVmsa(std::span<std::uint8_t> page, ByteView built)
{
    for (const auto list : {vmsaFields(), moreVmsaFields()})
        for (const VmsaField &field : list)
            if (field.set)
                std::ranges::copy(built.subspan(field.offset, field.size), page.begin() + static_cast<std::ptrdiff_t>(field.offset));
}

} // namespace kastellan::sev::legacy
