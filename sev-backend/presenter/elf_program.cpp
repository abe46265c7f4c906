// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/presenter/elf_program.h"

#include "core/base/fd.h"

#include <cstdlib>

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

namespace kastellan::sev {
namespace {

constexpr std::size_t beginning = 64 * 1024;

std::string found(const std::string &program)
{
    if (program.contains('/'))
        return program;
    const char *path = std::getenv("PATH");
    std::string_view rest = path ? path : "/usr/bin:/bin";
    while (!rest.empty()) {
        const std::string_view folder = rest.substr(0, rest.find(':'));
        rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
        std::string candidate = (folder.empty() ? std::string(".") : std::string(folder)) + "/" + program;
        if (::access(candidate.c_str(), X_OK) == 0)
            return candidate;
    }
    return {};
}

} // namespace

ProgramKind programKind(ByteView bytes)
{
    if (asText(bytes).starts_with("#!"))
        return ProgramKind::Script;
    if (bytes.size() < sizeof(Elf64_Ehdr) || !asText(bytes).starts_with(ELFMAG))
        return ProgramKind::Other;
    Elf64_Ehdr header;
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_machine != EM_X86_64)
        return ProgramKind::Foreign;
    if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
        return ProgramKind::Other;
    const std::uint64_t length = std::uint64_t{header.e_phnum} * sizeof(Elf64_Phdr);
    if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phoff > bytes.size() || length > bytes.size() - header.e_phoff)
        return ProgramKind::Other;
    for (std::uint64_t at = header.e_phoff; at < header.e_phoff + length; at += sizeof(Elf64_Phdr)) {
        Elf64_Phdr segment;
        std::memcpy(&segment, bytes.data() + at, sizeof segment);
        if (segment.p_type == PT_INTERP)
            return ProgramKind::Dynamic;
    }
    return ProgramKind::Static;
}

Status requireDynamic(const std::string &program)
{
    const std::string path = found(program);
    const Fd file(path.empty() ? -1 : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file)
        return {};
    Bytes bytes(beginning);
    const ssize_t count = ::pread(file.get(), bytes.data(), bytes.size(), 0);
    const ProgramKind kind = programKind(ByteView(bytes).first(count > 0 ? static_cast<std::size_t>(count) : 0));
    if (kind != ProgramKind::Static && kind != ProgramKind::Foreign)
        return {};
    return badInput("emulate devices for a program by an interposed library", path,
        kind == ProgramKind::Static ? "it is linked statically: no library can be put into it" : "it is not a 64-bit program for x86",
        "Run it without --interpose, where the kernel has seccomp user notification (Linux 5.9).");
}

} // namespace kastellan::sev
