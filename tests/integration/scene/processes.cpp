// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/scene/processes.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <unistd.h>

namespace kastellan::test {
namespace fs = std::filesystem;

std::string contentOf(const std::string &path)
{
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::vector<pid_t> allProcesses()
{
    std::vector<pid_t> found;
    std::error_code code;
    for (const auto &entry : fs::directory_iterator("/proc", code)) {
        const std::string name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") == std::string::npos)
            found.push_back(std::stoi(name));
    }
    return found;
}

std::map<std::string, std::string> statusOf(pid_t process)
{
    std::map<std::string, std::string> fields;
    std::istringstream lines(contentOf("/proc/" + std::to_string(process) + "/status"));
    for (std::string line; std::getline(lines, line);)
        if (const auto colon = line.find(":\t"); colon != std::string::npos)
            fields[line.substr(0, colon)] = line.substr(colon + 2);
    return fields;
}

std::string namespaceOf(pid_t process, const char *kind)
{
    std::error_code code;
    return fs::read_symlink("/proc/" + std::to_string(process) + "/ns/" + kind, code).string();
}

std::vector<pid_t> companions(pid_t process)
{
    std::vector<pid_t> found;
    const std::string wanted = namespaceOf(process, "pid");
    if (wanted.empty() || wanted == namespaceOf(::getpid(), "pid"))
        return found;
    for (const pid_t other : allProcesses())
        if (namespaceOf(other, "pid") == wanted)
            found.push_back(other);
    return found;
}

std::vector<pid_t> companions(pid_t process, const std::string &name)
{
    auto found = companions(process);
    std::erase_if(found, [&](pid_t other) { return statusOf(other)["Name"] != name; });
    return found;
}

std::uint64_t memoryOf(pid_t process)
{
    auto status = statusOf(process);
    return (std::strtoull(status["RssAnon"].c_str(), nullptr, 10) + std::strtoull(status["RssShmem"].c_str(), nullptr, 10)) * 1024;
}

std::vector<pid_t> processesNaming(const std::string &text)
{
    std::vector<pid_t> found;
    for (const pid_t process : allProcesses())
        if (process != ::getpid() && contentOf("/proc/" + std::to_string(process) + "/cmdline").find(text) != std::string::npos)
            found.push_back(process);
    return found;
}

std::string ownMounts()
{
    return contentOf("/proc/self/mountinfo");
}

bool socketsBelow(const std::string &folder)
{
    return contentOf("/proc/net/unix").find(" " + folder + "/") != std::string::npos;
}

} // namespace kastellan::test
