// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/launch/local_host.h"

#include "core/base/file.h"

#include <cerrno>

#include <unistd.h>

namespace kastellan::sev {
namespace fs = std::filesystem;

namespace {

/// The value of the first "name : value" line of /proc/cpuinfo.
std::string cpuField(std::string_view cpuinfo, std::string_view name)
{
    while (!cpuinfo.empty()) {
        const auto end = cpuinfo.find('\n');
        const std::string_view line = cpuinfo.substr(0, end);
        cpuinfo.remove_prefix(end == std::string_view::npos ? cpuinfo.size() : end + 1);
        const auto colon = line.find(':');
        if (colon == std::string_view::npos || colon + 2 > line.size() || !line.starts_with(name))
            continue;
        const auto rest = line.substr(name.size(), colon - name.size());
        if (rest.find_first_not_of(" \t") == std::string_view::npos)
            return std::string(line.substr(std::min(colon + 2, line.size())));
    }
    return {};
}

std::string device(const fs::path &path)
{
    std::error_code code;
    if (!fs::exists(path, code))
        return "not there";
    if (::access(path.c_str(), R_OK | W_OK) == 0)
        return "there, and ours to use";
    return "there, but not ours to use: " + systemError({}, {}, errno).error().why;
}

std::string parameter(const fs::path &path)
{
    const auto content = readFile(path, 256);
    if (!content)
        return {};
    std::string text(asText(*content));
    while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
        text.pop_back();
    return text;
}

std::unexpected<Error> notInThisVersion(const char *action)
{
    return environment(action, "local",
        "this version launches keeps on the emulated host only; launching through libvirt is not part of it yet",
        "Choose the host 'emulated'.");
}

} // namespace

LocalHost::LocalHost(fs::path root)
    : m_root(std::move(root))
{
}

HostInfo LocalHost::info() const
{
    HostInfo info;
    info.id = "local";
    info.name = "This computer";
    const auto at = [this](const char *path) { return fs::path(m_root.string() + path); };
    const auto content = readFile(at("/proc/cpuinfo"), 16u << 20);
    const std::string_view cpuinfo = content ? asText(*content) : std::string_view{};
    const std::string vendor = cpuField(cpuinfo, "vendor_id"), model = cpuField(cpuinfo, "model name"),
                      flags = " " + cpuField(cpuinfo, "flags") + " ";
    const auto flag = [&flags](const char *name) { return flags.find(" " + std::string(name) + " ") != std::string::npos; };
    const bool amd = vendor == "AuthenticAMD";
    const std::string features =
        std::string(flag("sev") ? "SEV " : "") + (flag("sev_es") ? "SEV-ES " : "") + (flag("sev_snp") ? "SEV-SNP " : "");
    const std::string sev = device(at("/dev/sev")), kvm = device(at("/dev/kvm"));

    info.platform = model.empty() ? "unknown processor" : model;
    info.facts = {{"Processor", model.empty() ? "unknown" : model}, {"Vendor", vendor.empty() ? "unknown" : vendor},
        {"Processor features", features.empty() ? "no SEV" : features.substr(0, features.size() - 1)}, {"/dev/sev", sev},
        {"/dev/kvm", kvm}};
    for (const char *name : {"sev", "sev_es", "sev_snp"}) {
        const std::string value = parameter(at(("/sys/module/kvm_amd/parameters/" + std::string(name)).c_str()));
        info.facts.emplace_back("kvm_amd " + std::string(name), value.empty() ? "kvm_amd is not loaded" : value);
    }
    const std::string usable = "there, and ours to use";
    info.state = "not ready";
    if (vendor.empty()) {
        info.state = "unknown";
        info.why = "The processor cannot be told.";
        info.remedy = "Check that /proc is mounted.";
    } else if (!amd) {
        info.why = "Its processor is not AMD's, so it has no SEV.";
        info.remedy = "Choose the host 'emulated', or use a machine with an AMD EPYC processor.";
    } else if (sev == "not there") {
        info.why = "SEV is off, or its driver is not loaded: there is no /dev/sev.";
        info.remedy = "Enable SEV in the firmware's setup, and load the module ccp.";
    } else if (kvm == "not there") {
        info.why = "There is no /dev/kvm.";
        info.remedy = "Enable virtualization in the firmware's setup, and load the module kvm_amd.";
    } else if (sev != usable || kvm != usable) {
        info.why = "The devices are there, but not ours to use.";
        info.remedy = "Join the group that owns /dev/kvm and /dev/sev (often 'kvm'), and log in again.";
    } else {
        info.state = "unknown";
        info.why = "SEV seems to be there, but this version launches keeps on the emulated host only.";
        info.remedy = "Choose the host 'emulated'.";
    }
    return info;
}

Status LocalHost::prepare(LaunchPlan &, const Progress &, std::stop_token)
{
    return notInThisVersion("plan a launch");
}

Result<std::unique_ptr<RunningKeep>> LocalHost::start(const LaunchPlan &, const std::string &, const Progress &, std::stop_token)
{
    return notInThisVersion("start the keep");
}

Result<std::unique_ptr<RunningKeep>> LocalHost::resume(const KeepStatus &, const std::string &)
{
    return notInThisVersion("find the keep again");
}

} // namespace kastellan::sev
