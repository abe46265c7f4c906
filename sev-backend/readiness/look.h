// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/progress.h"
#include "sev-backend/process/run_program.h"
#include "sev-backend/readiness/facts.h"
#include "sev-backend/readiness/kvm_probe.h"

#include <array>
#include <filesystem>
#include <functional>
#include <span>
#include <stop_token>

namespace kastellan {
struct CertificateFilter;
}

namespace kastellan::sev {

/// What the CPUID instruction yields.
struct CpuidRegisters {
    std::uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

/// What the driver of /dev/sev answers to one command.
struct SevAnswer {
    int error = 0; ///< errno, 0: done
    std::uint32_t firmware = 0; ///< the firmware's status
};

/// How the machine is touched where it is not read from a file. A member that is empty: not looked at.
struct MachineAccess {
    /// Nothing where the processor knows no CPUID.
    std::function<CpuidRegisters(std::uint32_t leaf, std::uint32_t subleaf)> cpuid;
    /// SEV_ISSUE_CMD on an open /dev/sev (linux/psp-sev.h), with a structure for in and out.
    std::function<SevAnswer(int fd, std::uint32_t command, void *data)> sevCommand;
    std::function<KvmOutcome()> kvm;
    std::function<ProgramOutput(const std::vector<std::string> &)> run;
    /// Fills in the keys "libvirt.*".
    std::function<void(HostFacts &)> libvirt;
    /// Whether the certificate store has one that matches.
    std::function<Result<bool>(const CertificateFilter &)> certificates;
    /// This computer.
    [[nodiscard]] static MachineAccess real();
};

/// Where and how far to look.
struct LookOptions {
    std::filesystem::path root; ///< put before every path: for tests; empty: this computer
    bool probes = true;
    bool redactChipId = false;
    MachineAccess machine;
};

/// Looks at everything. Fails only when it was stopped: what can't be looked at says so in its own fact.
[[nodiscard]] Result<HostFacts> look(const LookOptions &options, const Progress &progress, const std::stop_token &stop);

/// What the parts below work with. Private to this folder.
struct Looking {
    HostFacts &facts;
    const LookOptions &options;

    [[nodiscard]] std::filesystem::path at(std::string_view path) const { return options.root.string() + std::string(path); }
    /// The file as text without white space at its end; the number of the error (errno) where it can't be read.
    struct Text {
        int error = 0;
        std::string text;
    };
    [[nodiscard]] Text read(std::string_view path, std::size_t limit = 1u << 16) const;
    /// The file's text becomes the fact, or why it can't be read.
    void fileFact(std::string key, std::string_view path) const;
    /// Names in a folder, in order; `error` when it can't be listed.
    [[nodiscard]] std::vector<std::string> list(std::string_view path, int &error) const;
};

void lookAtProcessor(Looking &looking);
void lookAtMsrs(Looking &looking);
void lookAtKernel(Looking &looking);
void lookAtKernelLog(Looking &looking);
void lookAtDevices(Looking &looking);
void lookAtMemory(Looking &looking);
void lookAtPlatform(Looking &looking);
void lookAtCertificates(Looking &looking);
void lookAtSurroundings(Looking &looking);
void lookAtKvm(Looking &looking);
void lookAtPrograms(Looking &looking);
void lookAtImages(Looking &looking);

} // namespace kastellan::sev
