// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/firmware/sev_command.h"

#include <linux/psp-sev.h>

#include <cstddef>
#include <string>

namespace kastellan::sev {
namespace {

constexpr std::array<SevPointer, 2> none{};
constexpr std::size_t csrSize = sizeof(sev_user_data_pek_csr), exportSize = sizeof(sev_user_data_pdh_cert_export),
                      importSize = sizeof(sev_user_data_pek_cert_import), idSize = sizeof(sev_user_data_get_id2),
                      vlekSize = sizeof(sev_user_data_snp_vlek_load);
static_assert(sizeof(sev_user_data_status) == 12 && sizeof(sev_user_data_snp_status) == 32 && sizeof(sev_user_data_snp_config) == 64);
static_assert(csrSize == 12 && exportSize == 24 && importSize == 24 && idSize == 12 && vlekSize == 16);

constexpr CommandLayout rows[] = {
    {SevCommand::FactoryReset, "FACTORY_RESET", "factory-reset", "reset the platform", 0, false, WriteNeed::Always, none, 0},
    {SevCommand::PlatformStatus, "PLATFORM_STATUS", "platform-status", "read the platform's status", sizeof(sev_user_data_status), true,
        WriteNeed::Never, none, 0},
    {SevCommand::PekGen, "PEK_GEN", "pek-gen", "make a new platform endorsement key", 0, false, WriteNeed::Always, none, 0},
    {SevCommand::PekCsr, "PEK_CSR", "pek-csr", "request a signature of the platform endorsement key", csrSize, true, WriteNeed::Always,
        {{{offsetof(sev_user_data_pek_csr, address), offsetof(sev_user_data_pek_csr, length), 0, false}, {}}}, 1},
    {SevCommand::PdhGen, "PDH_GEN", "pdh-gen", "make a new Diffie-Hellman key", 0, false, WriteNeed::Always, none, 0},
    {SevCommand::PdhCertExport, "PDH_CERT_EXPORT", "pdh-cert-export", "export the platform's certificates", exportSize, true,
        WriteNeed::BeforeInit,
        {{{offsetof(sev_user_data_pdh_cert_export, pdh_cert_address), offsetof(sev_user_data_pdh_cert_export, pdh_cert_len), 0, false},
            {offsetof(sev_user_data_pdh_cert_export, cert_chain_address), offsetof(sev_user_data_pdh_cert_export, cert_chain_len), 0,
                false}}},
        2},
    {SevCommand::PekCertImport, "PEK_CERT_IMPORT", "pek-cert-import", "import the signed platform endorsement key", importSize, false,
        WriteNeed::Always,
        {{{offsetof(sev_user_data_pek_cert_import, pek_cert_address), offsetof(sev_user_data_pek_cert_import, pek_cert_len), 0, true},
            {offsetof(sev_user_data_pek_cert_import, oca_cert_address), offsetof(sev_user_data_pek_cert_import, oca_cert_len), 0, true}}},
        2},
    {SevCommand::GetId2, "GET_ID2", "get-id2", "read the chip's identity", idSize, true, WriteNeed::Never,
        {{{offsetof(sev_user_data_get_id2, address), offsetof(sev_user_data_get_id2, length), 0, false}, {}}}, 1},
    {SevCommand::SnpPlatformStatus, "SNP_PLATFORM_STATUS", "snp-platform-status", "read the SEV-SNP status",
        sizeof(sev_user_data_snp_status), true, WriteNeed::Never, none, 0},
    {SevCommand::SnpCommit, "SNP_COMMIT", "snp-commit", "commit the running firmware", 0, false, WriteNeed::Never, none, 0},
    {SevCommand::SnpSetConfig, "SNP_SET_CONFIG", "snp-set-config", "set the SEV-SNP configuration", sizeof(sev_user_data_snp_config), false,
        WriteNeed::Always, none, 0},
    {SevCommand::SnpVlekLoad, "SNP_VLEK_LOAD", "snp-vlek-load", "load a VLEK hashstick", vlekSize, false, WriteNeed::Always,
        {{{offsetof(sev_user_data_snp_vlek_load, vlek_wrapped_address), SevPointer::noLength,
              sizeof(sev_user_data_snp_wrapped_vlek_hashstick), true},
            {}}},
        1},
};

} // namespace

std::span<const CommandLayout> commandLayouts()
{
    return rows;
}

const CommandLayout &layoutOf(SevCommand command)
{
    for (const auto &row : rows)
        if (row.command == command)
            return row;
    return rows[1]; // not reached: the enumeration and the table have the same members
}

const CommandLayout *findCommand(std::string_view word)
{
    for (const auto &row : rows)
        if (row.word == word)
            return &row;
    return nullptr;
}

SevCall SevCall::of(SevCommand command, std::vector<Bytes> buffers, Bytes structure)
{
    SevCall call{command, std::move(structure), std::move(buffers)};
    if (call.structure.empty())
        call.structure.resize(layoutOf(command).size);
    return call;
}

std::optional<std::string> SevCall::misfit() const
{
    const CommandLayout &layout = layoutOf(command);
    if (structure.size() != layout.size)
        return "its structure has " + std::to_string(structure.size()) + " bytes, and needs " + std::to_string(layout.size);
    if (buffers.size() != layout.pointerCount)
        return "it has " + std::to_string(buffers.size()) + " buffers, and needs " + std::to_string(layout.pointerCount);
    for (std::size_t i = 0; i < buffers.size(); ++i) {
        const SevPointer &pointer = layout.pointerRows[i];
        const std::size_t size = buffers[i].size();
        if (pointer.length == SevPointer::noLength ? size != pointer.fixed : size > sevBufferLimit)
            return "its buffer " + std::to_string(i + 1) + " has " + std::to_string(size) + " bytes, and "
                + (pointer.length == SevPointer::noLength ? "needs " + std::to_string(pointer.fixed)
                                                          : "at most " + std::to_string(sevBufferLimit) + " are taken");
    }
    return std::nullopt;
}

void SevCall::bind()
{
    const auto pointers = layoutOf(command).pointers();
    for (std::size_t i = 0; i < pointers.size(); ++i) {
        storeLe<std::uint64_t>(structure, pointers[i].address, reinterpret_cast<std::uintptr_t>(buffers[i].data()));
        if (pointers[i].length != SevPointer::noLength)
            storeLe<std::uint32_t>(structure, pointers[i].length, static_cast<std::uint32_t>(buffers[i].size()));
    }
}

void SevCall::clearAddresses()
{
    for (const SevPointer &pointer : layoutOf(command).pointers())
        storeLe<std::uint64_t>(structure, pointer.address, 0);
}

std::size_t SevCall::statedLength(std::size_t buffer) const
{
    const SevPointer &pointer = layoutOf(command).pointerRows[buffer];
    return pointer.length == SevPointer::noLength ? pointer.fixed : loadLe<std::uint32_t>(structure, pointer.length);
}

} // namespace kastellan::sev
