// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/look.h"

#include "core/base/fd.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

namespace kastellan::sev {
namespace {

constexpr std::size_t configLimit = 4u << 20;

/// Parameters that decide about SEV. Others are counted and not recorded: people put more into a command line than others should read.
bool matters(std::string_view word)
{
    constexpr std::string_view beginnings[] = {"mem_encrypt", "iommu", "amd_iommu", "kvm_amd", "kvm-amd", "kvm.", "ccp.", "nosmt",
        "mitigations", "module_blacklist", "modprobe.blacklist", "initcall_blacklist", "sev", "psp", "mem=", "maxcpus", "nr_cpus",
        "lockdown", "kexec", "crashkernel", "efi="};
    return std::ranges::any_of(beginnings, [word](std::string_view start) { return word.starts_with(start); });
}

void lookAtCommandLine(Looking &looking)
{
    constexpr const char *path = "/proc/cmdline";
    const auto content = looking.read(path);
    if (content.error) {
        looking.facts.error("kernel.cmdline", path, content.error);
        return;
    }
    std::string kept;
    std::uint64_t others = 0;
    for (std::string_view rest = content.text; !rest.empty();) {
        const auto end = rest.find(' ');
        const std::string_view word = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        if (matters(word))
            kept += (kept.empty() ? "" : " ") + std::string(word);
        else
            others += !word.empty();
    }
    looking.facts.set("kernel.cmdline", kept, path);
    looking.facts.set("kernel.cmdline.others", others, path);
}

struct CloseGz {
    void operator()(gzFile_s *file) const { ::gzclose(file); }
};

/// The kernel's configuration, compressed or not; empty when it can't be read.
std::string configText(const std::filesystem::path &path)
{
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return {};
    const std::unique_ptr<gzFile_s, CloseGz> file(::gzdopen(fd, "rb"));
    if (!file) {
        ::close(fd);
        return {};
    }
    std::string text;
    std::array<char, 65536> part;
    for (int got = 0; text.size() < configLimit && (got = ::gzread(file.get(), part.data(), part.size())) > 0;)
        text.append(part.data(), static_cast<std::size_t>(got));
    return text;
}

void lookAtConfig(Looking &looking)
{
    constexpr std::string_view wanted[] = {"KVM", "KVM_AMD", "KVM_AMD_SEV", "CRYPTO_DEV_CCP_DD", "CRYPTO_DEV_SP_PSP", "AMD_MEM_ENCRYPT",
        "CGROUP_MISC", "AMD_IOMMU", "IOMMU_DEFAULT_PASSTHROUGH", "X86_MSR", "SEV_GUEST", "TSM_REPORTS"};
    const std::string release(looking.facts.text("kernel.release").value_or(""));
    std::string text, how;
    for (const std::string &path : {std::string("/proc/config.gz"), "/boot/config-" + release, "/usr/lib/modules/" + release + "/config",
             "/lib/modules/" + release + "/build/.config"}) {
        text = configText(looking.at(path));
        how = path;
        if (!text.empty())
            break;
    }
    for (const auto option : wanted) {
        const std::string key = "kernel.config." + std::string(option);
        if (text.empty()) {
            looking.facts.absent(key, "/proc/config.gz, /boot/config-" + release, "the configuration of this kernel is not there");
            continue;
        }
        const std::string line = "\nCONFIG_" + std::string(option) + "=";
        const auto found = text.find(line);
        looking.facts.set(
            key, found == std::string::npos || found + line.size() >= text.size() ? "n" : text.substr(found + line.size(), 1), how);
    }
}

void lookAtModules(Looking &looking)
{
    for (const char *name : {"kvm", "kvm_amd", "ccp", "msr"}) {
        const std::string path = "/sys/module/" + std::string(name);
        std::error_code code;
        if (std::filesystem::exists(looking.at(path), code))
            looking.facts.set("module." + std::string(name), "yes", path);
        else
            looking.facts.absent("module." + std::string(name), path, "the module is not loaded");
    }
    for (const char *name : {"sev", "sev_es", "sev_snp", "npt", "nrips", "ciphertext_hiding_asids"})
        looking.fileFact("module.kvm_amd." + std::string(name), "/sys/module/kvm_amd/parameters/" + std::string(name));
    looking.fileFact("module.ccp.psp_init_on_probe", "/sys/module/ccp/parameters/psp_init_on_probe");
}

} // namespace

void lookAtKernel(Looking &looking)
{
    looking.fileFact("kernel.release", "/proc/sys/kernel/osrelease");
    lookAtCommandLine(looking);
    lookAtConfig(looking);
    lookAtModules(looking);
}

void lookAtKernelLog(Looking &looking)
{
    constexpr const char *path = "/dev/kmsg";
    constexpr std::size_t mostRecords = 200'000, mostLines = 60;
    constexpr std::string_view hints[] = {"SEV", "SNP", "RMP", "ccp ", "emory encryption", "emory Encryption", "AMD-Vi", "kvm_amd", "PSP"};
    const Fd file(::open(looking.at(path).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file) {
        looking.facts.error("log.lines", path, errno);
        return;
    }
    std::array<char, 8192> record;
    std::size_t lines = 0;
    for (std::size_t i = 0; i < mostRecords && lines < mostLines; ++i) {
        const ssize_t got = ::read(file.get(), record.data(), record.size());
        if (got < 0 && (errno == EINTR || errno == EPIPE)) // EPIPE: records were overwritten meanwhile
            continue;
        if (got <= 0)
            break;
        std::string_view text(record.data(), static_cast<std::size_t>(got));
        text.remove_prefix(std::min(text.find(';') + 1, text.size())); // "priority,sequence,time,flags;text"
        text = text.substr(0, text.find('\n'));
        if (std::ranges::none_of(hints, [text](std::string_view hint) { return text.find(hint) != std::string_view::npos; }))
            continue;
        const std::string key = "log.line." + std::string(lines < 10 ? "0" : "") + std::to_string(lines);
        looking.facts.set(key, std::string(text.substr(0, 400)), path);
        ++lines;
    }
    looking.facts.set("log.lines", lines, path);
}

} // namespace kastellan::sev
