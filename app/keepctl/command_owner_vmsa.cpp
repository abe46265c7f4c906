// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/commands.h"
#include "app/keepctl/export_file.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/vm_request.h"
#include "core/base/file.h"
#include "core/evidence/json.h"
#include "sev-backend/abi/vmsa.h"
#include "sev-backend/legacy/vmsa_fields.h"
#include "sev-backend/machine/launch.h"

namespace kastellan::keepctl {

namespace {

namespace legacy = sev::legacy;

Result<Bytes> readPage(const std::string &file)
{
    KASTELLAN_ASSIGN(Bytes page, readFile(file, 65536));
    if (page.size() != sev::pageSize)
        return badInput("read a VMSA", file, "it has " + std::to_string(page.size()) + " bytes, and a VMSA has 4096");
    return page;
}

std::uint64_t numberAt(ByteView page, std::size_t offset, std::size_t size)
{
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;)
        value = value << 8 | page[offset + i];
    return value;
}

js::Out valueOf(ByteView page, const legacy::VmsaField &field)
{
    switch (field.kind) {
    case legacy::VmsaField::Kind::Segment:
        return {{"selector", numberAt(page, field.offset, 2)}, {"attrib", numberAt(page, field.offset + 2, 2)},
            {"limit", numberAt(page, field.offset + 4, 4)}, {"base", numberAt(page, field.offset + 8, 8)}};
    case legacy::VmsaField::Kind::Number:
        return numberAt(page, field.offset, field.size);
    case legacy::VmsaField::Kind::Reserved:
        break;
    }
    js::Out bytes = js::Out::array();
    for (std::size_t i = 0; i < field.size; ++i)
        bytes.push_back(page[field.offset + i]);
    return bytes;
}

Result<Bytes> build(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const std::uint64_t number, wordNumber(asked, "cpu", 0, sev::mostVcpus));
    sev::VmParameters machine;
    machine.oldVmsa = !asked.has("new-vmsa");
    machine.vmm = asked.value("userspace", "qemu") == "krun" ? sev::Vmm::Krun : sev::Vmm::Qemu;
    if (asked.has("vcpu-type")) {
        const auto signature = sev::cpuSignatureOf(asked.value("vcpu-type"));
        if (!signature)
            return badInput("build a VMSA", "--vcpu-type " + asked.value("vcpu-type"), "this CPU model is not known",
                "Give --family, --model and --stepping.");
        machine.cpuSignature = *signature;
    } else if (asked.has("family") || asked.has("model") || asked.has("stepping")) {
        if (!asked.has("family") || !asked.has("model") || !asked.has("stepping"))
            return badInput("build a VMSA", "--family, --model, --stepping", "a CPU signature needs all three");
        KASTELLAN_ASSIGN(const std::uint64_t family, wordNumber(asked, "family", 0, 0x10e));
        KASTELLAN_ASSIGN(const std::uint64_t model, wordNumber(asked, "model", 0, 0xff));
        KASTELLAN_ASSIGN(const std::uint64_t stepping, wordNumber(asked, "stepping", 0, 0xf));
        machine.cpuSignature =
            sev::cpuSignature(static_cast<unsigned>(family), static_cast<unsigned>(model), static_cast<unsigned>(stepping));
    }
    std::optional<std::uint32_t> reset;
    if (asked.has("firmware")) {
        KASTELLAN_ASSIGN(const Bytes image, readFile(asked.value("firmware"), sev::firmwareLimit));
        KASTELLAN_ASSIGN(const sev::Ovmf ovmf, sev::Ovmf::parse(image, asked.value("firmware")));
        reset = ovmf.apResetAddress();
        if (number > 0 && !reset)
            return badInput("build a VMSA", asked.value("firmware"), "it does not say where further processors begin",
                "Use an OVMF build with SEV-ES support.");
    } else if (number > 0 && machine.vmm == sev::Vmm::Qemu) {
        return badInput(
            "build a VMSA", {}, "where a further processor begins stands in the firmware, which is not given", "Give --firmware FILE.");
    }
    return sev::vmsaPage(machine, static_cast<unsigned>(number), reset, false);
}

} // namespace

Result<int> ownerVmsa(const Invocation &asked)
{
    const std::string action = asked.operands[0], file = asked.operands[1];
    if (action == "show") {
        KASTELLAN_ASSIGN(const Bytes page, readPage(file));
        js::Out value = js::Out::object(), more = js::Out::object();
        for (const legacy::VmsaField &field : legacy::vmsaFields())
            value[std::string(field.name)] = valueOf(page, field);
        for (const legacy::VmsaField &field : legacy::moreVmsaFields())
            more[std::string(field.name)] = valueOf(page, field);
        value["more"] = std::move(more);
        printJson(value);
        return exit_code::done;
    }
    if (action != "build" && action != "update")
        return badInput("understand the command line", action, "this is not what can be done with a VMSA", "Say build, update or show.");
    KASTELLAN_ASSIGN(const Bytes built, build(asked));
    if (action == "build") {
        KASTELLAN_TRY(writeExport(file, built, asked.has("force")));
        return exit_code::done;
    }
    KASTELLAN_ASSIGN(Bytes page, readPage(file));
    legacy::updateVmsa(page, built);
    KASTELLAN_TRY(writeExport(file, page, true));
    return exit_code::done;
}

} // namespace kastellan::keepctl
