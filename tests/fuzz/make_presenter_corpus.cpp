// SPDX-License-Identifier: Apache-2.0
// Writes the corpus of fuzz_presenter: beginnings of programs, paths, and what is written into configfs.
// usage: make_presenter_corpus FOLDER
#include "tests/fuzz/corpus.h"

#include <elf.h>

using namespace kastellan;

namespace {

Bytes program(std::uint32_t segment, std::uint16_t machine)
{
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = ET_DYN;
    header.e_machine = machine;
    header.e_phoff = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 1;
    Elf64_Phdr entry{};
    entry.p_type = segment;
    Bytes bytes(1 + sizeof header + sizeof entry);
    std::memcpy(bytes.data() + 1, &header, sizeof header);
    std::memcpy(bytes.data() + 1 + sizeof header, &entry, sizeof entry);
    return bytes;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: make_presenter_corpus FOLDER\n");
        return 2;
    }
    const std::filesystem::path corpus = std::filesystem::path(argv[1]) / "presenter";
    fuzz::put(corpus / "dynamic", program(PT_INTERP, EM_X86_64));
    fuzz::put(corpus / "static", program(PT_LOAD, EM_X86_64));
    fuzz::put(corpus / "foreign", program(PT_LOAD, EM_AARCH64));
    fuzz::put(corpus / "script", toBytes(std::string_view("\0#!/bin/sh\n", 11)));
    for (const std::string_view path :
        {"\2root/dev/sev", "\2root/dev/cpu/3/msr", "\2root/sys/kernel/config/tsm/report/r/inblob", "\2cwd/../..", "\2fd/0"})
        fuzz::put(corpus / ("path-" + std::to_string(path.size())), asBytes(path));
    Bytes report{1, 0, 64};
    report.resize(report.size() + 64, 'q');
    for (const char byte : {'\5', '\2', '3', '\n'})
        report.push_back(static_cast<std::uint8_t>(byte));
    fuzz::put(corpus / "report", report);
    return 0;
}
