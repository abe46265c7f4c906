// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/readiness.h"
#include "sev-backend/abi/product.h"
#include "sev-backend/readiness/facts.h"

#include <span>

namespace kastellan::sev {

/// What a check found.
struct Judgement {
    CheckState state = CheckState::Unknown;
    std::string saw, means, remedy, command;
    std::string skippedFor; ///< Skipped: the check because of which it makes no sense here
};

/// One check: all but the judging is data.
struct CheckDefinition {
    std::string_view id, area, title;
    std::string_view parent; ///< below which it is shown
    std::vector<std::string_view> needs; ///< where one of these failed or was skipped, this one is skipped
    std::vector<std::string_view> blocks; ///< protections that its failure rules out
    std::string_view looked, source;
    Judgement (*judge)(const HostFacts &facts);
};

/// All checks, in the order of showing: what one needs and its parent come before it.
[[nodiscard]] const std::vector<CheckDefinition> &checkTable();
/// Those of the emulated host.
[[nodiscard]] const std::vector<CheckDefinition> &emulatedCheckTable();
/// Facts of the emulated host.
[[nodiscard]] bool isEmulated(const HostFacts &facts);

// The parts of the table, one for each area. Private to this folder.
using Checks = std::vector<CheckDefinition>;
void addSurroundings(Checks &table);
void addProcessor(Checks &table);
void addRegisters(Checks &table);
void addMemory(Checks &table);
void addKernel(Checks &table);
void addFirmware(Checks &table);
void addTcb(Checks &table);
void addKvm(Checks &table);
void addUser(Checks &table);
void addPrograms(Checks &table);
void addImages(Checks &table);
void addGuest(Checks &table);

// Words that the parts share.
inline const std::vector<std::string_view> blocksAll{"sev", "es", "snp"};
inline const std::vector<std::string_view> blocksEs{"es", "snp"};
inline const std::vector<std::string_view> blocksSnp{"snp"};
inline constexpr const char *manualApm = "AMD64 Architecture Programmer's Manual volume 2 (24593), 15.34 to 15.36";
inline constexpr const char *manualCpuid = "AMD64 Architecture Programmer's Manual volume 3 (24594), CPUID Fn8000_001F";
inline constexpr const char *manualSnp = "SEV-SNP Firmware ABI 1.58 (AMD 56860)";
inline constexpr const char *manualSev = "SEV API 0.24 (AMD 55766)";
inline constexpr const char *setupNote = " Vendors move and rename these settings.";

[[nodiscard]] inline Judgement passed(std::string saw, std::string means = {})
{
    return {CheckState::Pass, std::move(saw), std::move(means), {}, {}, {}};
}
[[nodiscard]] inline Judgement info(std::string saw, std::string means = {})
{
    return {CheckState::Info, std::move(saw), std::move(means), {}, {}, {}};
}
[[nodiscard]] inline Judgement failed(std::string saw, std::string means, std::string remedy, std::string command = {})
{
    return {CheckState::Fail, std::move(saw), std::move(means), std::move(remedy), std::move(command), {}};
}
[[nodiscard]] inline Judgement warning(std::string saw, std::string means, std::string remedy, std::string command = {})
{
    return {CheckState::Warning, std::move(saw), std::move(means), std::move(remedy), std::move(command), {}};
}
/// Could not be looked at: why is told by the fact.
[[nodiscard]] Judgement unknown(const HostFacts &facts, std::string_view key, std::string remedy = {}, std::string command = {});
[[nodiscard]] Judgement skipped(std::string_view cause, std::string why);

/// A bit of CPUID 0x8000001f EAX; without CPUID, whether every processor of /proc/cpuinfo has the flag.
[[nodiscard]] std::optional<bool> sevFeature(const HostFacts &facts, unsigned bit, std::string_view flag = {});
/// The vendor by CPUID or /proc/cpuinfo.
[[nodiscard]] std::optional<std::string_view> cpuVendor(const HostFacts &facts);
/// The processor by family and model.
struct Generation {
    unsigned family = 0, model = 0;
    std::string_view name; ///< "Naples", "Rome", "Milan", "Genoa", "Turin", "Venice"; empty for others
    Product product = Product::Unknown;
};
[[nodiscard]] std::optional<Generation> generation(const HostFacts &facts);
/// A file tree that is not the machine's own: packages in it say nothing about the machine.
[[nodiscard]] bool enclosed(const HostFacts &facts);

/// The group of a device, for a command to be copied; "root" where it is not known to be a plain name: a recording may hold anything.
[[nodiscard]] std::string groupToJoin(const HostFacts &facts, const std::string &key);
/// Whether the system's libvirt has SEV: its QEMU opens the devices, and has talked to the firmware, whatever this user may.
[[nodiscard]] bool libvirtHasSev(const HostFacts &facts);

/// "6.11.4-foo" as its first numbers.
struct Version {
    unsigned major = 0, minor = 0, patch = 0;
    auto operator<=>(const Version &) const = default;
};
[[nodiscard]] std::optional<Version> versionFrom(std::optional<std::string_view> text);

} // namespace kastellan::sev
