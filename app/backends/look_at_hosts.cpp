// SPDX-License-Identifier: Apache-2.0
// Looking at many hosts at once. libvirt's calls can neither be given a time nor be stopped, so each host gets a process that can.
#include "app/backends/added_hosts.h"
#include "core/base/file.h"
#include "sev-backend/process/run_program.h"

#include <algorithm>
#include <atomic>
#include <ctime>
#include <format>
#include <mutex>
#include <thread>

namespace kastellan {
namespace {

HostLook failed(std::string why, std::string remedy)
{
    HostLook look;
    look.time = std::time(nullptr);
    look.why = std::move(why);
    look.remedy = std::move(remedy);
    return look;
}

/// The program lies beside ours; tests lie one folder below.
std::filesystem::path keepctlProgram()
{
    const auto folder = programFolder();
    return (folder.filename() == "tests" ? folder.parent_path() : folder) / "keepctl";
}

HostLook lookAt(const std::string &address, const LookingLimits &limits, const std::stop_token &stop)
{
    sev::ProgramLimits bounds;
    bounds.time = limits.time;
    bounds.size = std::size_t{1} << 20;
    bounds.stop = stop;
    const auto ran = sev::runProgram({keepctlProgram().string(), "--look", address}, bounds);
    if (ran.error)
        return failed("keepctl could not be started.", "Install Kastellan again.");
    if (!ran.ended)
        return failed(
            std::format("It did not answer within {} seconds.", limits.time.count() / 1000), "See that the machine and its network work.");
    auto look = hostLookFromJson(ran.output, "what keepctl says of " + address);
    if (!look) {
        const std::string said = ran.errors.substr(0, ran.errors.find('\n'));
        return failed(said.empty() ? look.error().message() : said, {});
    }
    look->time = std::time(nullptr);
    return std::move(*look);
}

} // namespace

std::vector<HostLook> lookAtHosts(
    const std::vector<std::string> &addresses, const LookingLimits &limits, const Progress &progress, const std::stop_token &stop)
{
    std::vector<HostLook> looks(addresses.size());
    std::atomic<std::size_t> next = 0;
    std::size_t done = 0;
    std::mutex telling;
    const auto work = [&] {
        for (std::size_t i = next++; i < addresses.size() && !stop.stop_requested(); i = next++) {
            HostLook look = lookAt(addresses[i], limits, stop);
            if (stop.stop_requested())
                return;
            const std::scoped_lock lock(telling);
            looks[i] = std::move(look);
            if (progress)
                progress("looking at the hosts", ++done, addresses.size());
        }
    };
    std::vector<std::jthread> threads;
    const std::size_t count = std::min<std::size_t>(std::max(limits.atOnce, 1u), addresses.size());
    threads.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        threads.emplace_back(work);
    threads.clear(); // waits
    return looks;
}

} // namespace kastellan
