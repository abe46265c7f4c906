// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/launch/sandbox_scene.h"

#include "core/base/digest.h"
#include "sev-backend/launch/image_files.h"
#include "sev-backend/launch/process.h"
#include "tests/support/emulated_identity.h"

#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace kastellan::test {
namespace fs = std::filesystem;

std::string contentOf(const fs::path &path)
{
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

void writeFile(const fs::path &path, std::string_view content, unsigned mode)
{
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::trunc | std::ios::binary) << content;
    ::chmod(path.c_str(), mode);
}

SandboxScene::SandboxScene()
{
    giveEmulatedIdentity(m_data.data());
    writeFile(image() / "usr/bin/keep-warden", contentOf(programFolder() / "keep-warden-probe"), 0755);
    writeFile(image() / "usr/share/words", "what a keep has to read\n");
}

sev::EmulatedHostOptions SandboxScene::options() const
{
    sev::EmulatedHostOptions options;
    options.image = image();
    options.processor = m_data.data() / "emulated";
    const auto files = sev::ImageFiles::read(image());
    if (files) {
        for (const auto &file : files->files())
            options.reference.push_back({file.path, file.content.size(), sha256(file.content)});
        options.referenceDigest = sev::measureProcessKeep(files->files()).value_or(LaunchDigest{});
    }
    return options;
}

LaunchPlan SandboxScene::plan(sev::EmulatedHost &host) const
{
    LaunchPlan plan;
    plan.id = randomFixed<KeepId>();
    plan.ownerKey = toHex(sha256(asBytes("an owner's key")).view());
    const auto prepared = host.prepare(plan, {}, {});
    if (!prepared)
        std::fprintf(stderr, "%s\n", prepared.error().message().c_str());
    return plan;
}

fs::path SandboxScene::folder(const LaunchPlan &plan) const
{
    const fs::path folder = m_data.data() / "keeps" / toHex(plan.id.view());
    (void)makeFolder(folder);
    return folder;
}

Probe::Probe(RunningKeep &keep)
{
    if (auto stream = keep.connect())
        m_stream = std::move(*stream);
}

std::string Probe::ask(const std::string &line)
{
    const std::string text = line + "\n";
    if (!m_stream || ::send(m_stream.get(), text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
        return {};
    std::string answer;
    while (!answer.ends_with("\n.\n")) {
        pollfd entry{m_stream.get(), POLLIN, 0};
        std::array<char, 65536> buffer{};
        if (::poll(&entry, 1, 20'000) != 1)
            return {};
        const ssize_t size = ::recv(m_stream.get(), buffer.data(), buffer.size(), 0);
        if (size <= 0)
            return {};
        answer.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return answer.substr(0, answer.size() - 3);
}

std::map<std::string, std::string> Probe::facts()
{
    std::map<std::string, std::string> facts;
    std::stringstream text(ask("facts"));
    for (std::string line; std::getline(text, line);)
        facts[line.substr(0, line.find('='))] = line.substr(line.find('=') + 1);
    return facts;
}

std::set<int> processesIn(const std::string &pidNamespace)
{
    std::set<int> found;
    for (const auto &entry : fs::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") == std::string::npos && sev::process::namespaceOf(name, "pid") == pidNamespace)
            found.insert(std::stoi(name));
    }
    return found;
}

int mountsNaming(const std::string &text)
{
    std::stringstream lines(contentOf("/proc/self/mountinfo"));
    int count = 0;
    for (std::string line; std::getline(lines, line);)
        count += line.find(text) != std::string::npos;
    return count;
}

} // namespace kastellan::test
