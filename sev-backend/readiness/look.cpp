// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/look.h"

#include "core/base/fd.h"
#include "core/certificates/certificate_store.h"
#include "sev-backend/readiness/look_libvirt.h"
#include "sev-backend/readiness/within_time.h"

#include <algorithm>
#include <cerrno>
#include <ctime>

#include <cpuid.h>
#include <fcntl.h>
#include <linux/psp-sev.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace kastellan::sev {
namespace fs = std::filesystem;

MachineAccess MachineAccess::real()
{
    MachineAccess access;
    access.cpuid = [](std::uint32_t leaf, std::uint32_t subleaf) {
        CpuidRegisters registers;
        __cpuid_count(leaf, subleaf, registers.eax, registers.ebx, registers.ecx, registers.edx);
        return registers;
    };
    access.sevCommand = [](int fd, std::uint32_t command, void *data) {
        sev_issue_cmd issue{};
        issue.cmd = command;
        issue.data = reinterpret_cast<std::uint64_t>(data);
        SevAnswer answer;
        if (::ioctl(fd, SEV_ISSUE_CMD, &issue) != 0)
            answer.error = errno;
        answer.firmware = issue.error;
        return answer;
    };
    access.kvm = [] { return probeKvm(); };
    access.run = [](const std::vector<std::string> &words) { return runProgram(words); };
    access.libvirt = [](HostFacts &facts) { lookAtLibvirt(facts, localLibvirt, localLibvirtPatience, {}); };
    access.certificates = [](const CertificateFilter &filter) -> Result<bool> {
        KASTELLAN_ASSIGN(const auto store, CertificateStore::openExisting());
        if (!store)
            return false;
        KASTELLAN_ASSIGN(const auto list, store->list(filter));
        return !list.empty();
    };
    return access;
}

Looking::Text Looking::read(std::string_view path, std::size_t limit) const
{
    Text result;
    const Fd file(::open(at(path).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file) {
        result.error = errno;
        return result;
    }
    while (result.text.size() < limit) {
        const std::size_t before = result.text.size(), wanted = std::min<std::size_t>(limit - before, 1u << 16);
        result.text.resize(before + wanted);
        const ssize_t got = ::read(file.get(), result.text.data() + before, wanted);
        result.text.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            result.error = errno;
        if (got <= 0)
            break;
    }
    while (!result.text.empty() && (result.text.back() == '\n' || result.text.back() == ' ' || result.text.back() == '\0'))
        result.text.pop_back();
    return result;
}

void Looking::fileFact(std::string key, std::string_view path) const
{
    auto content = read(path);
    if (content.error)
        facts.error(std::move(key), std::string(path), content.error);
    else
        facts.set(std::move(key), std::move(content.text), std::string(path));
}

std::vector<std::string> Looking::list(std::string_view path, int &error) const
{
    std::vector<std::string> names;
    std::error_code code;
    for (fs::directory_iterator at_(at(path), code), end; !code && at_ != end; at_.increment(code))
        names.push_back(at_->path().filename().string());
    error = code.value();
    std::ranges::sort(names);
    return names;
}

Result<HostFacts> look(const LookOptions &options, const Progress &progress, const std::stop_token &stop)
{
    HostFacts facts;
    facts.title = "This computer";
    facts.time = static_cast<std::int64_t>(std::time(nullptr));
    facts.root = options.root.empty() ? "/" : options.root.string();
    facts.recordedBy = "Kastellan " KASTELLAN_VERSION;
    Looking looking{facts, options};
    const std::pair<const char *, void (*)(Looking &)> parts[] = {
        {"the surroundings", lookAtSurroundings},
        {"the processor", lookAtProcessor},
        {"the processors' registers", lookAtMsrs},
        {"the kernel", lookAtKernel},
        {"the kernel's log", lookAtKernelLog},
        {"devices", lookAtDevices},
        {"memory and IOMMU", lookAtMemory},
        {"the SEV firmware", lookAtPlatform},
        {"certificates", lookAtCertificates},
        {"firmware images", lookAtImages},
        {"KVM", lookAtKvm},
        {"QEMU and libvirt", lookAtPrograms},
    };
    std::uint64_t done = 0;
    for (const auto &[what, part] : parts) {
        if (stop.stop_requested())
            return fail(ErrorKind::Cancelled, "look at the host", {}, "it was stopped");
        if (progress)
            progress(std::string("looking at ") + what, done, std::size(parts));
        part(looking);
        ++done;
    }
    if (options.redactChipId && facts.has("platform.chip_id"))
        facts.notLooked("platform.chip_id", "SEV_GET_ID2", "it was left out of the recording");
    return facts;
}

} // namespace kastellan::sev
