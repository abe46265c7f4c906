// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/sev-backend/kubevirt/cluster_double.h"

#include "tests/support/bad_server.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kastellan::test {
namespace {

[[noreturn]] void cannot(const char *what)
{
    std::fprintf(stderr, "the cluster's double: cannot %s\n", what);
    std::abort();
}

} // namespace

ClusterDouble::ClusterDouble(const std::filesystem::path &folder)
    : m_folder(folder)
{
    for (const char *name : {"server", "client"}) {
        std::filesystem::create_directories(folder / name);
        makeTlsFiles((folder / name).string());
    }
    int in[2], out[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0)
        cannot("make pipes");
    m_in = Fd(in[1]);
    m_out = Fd(out[0]);
    const Fd childIn(in[0]), childOut(out[1]);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, childIn.get(), 0);
    ::posix_spawn_file_actions_adddup2(&actions, childOut.get(), 1);
    const char *source = std::getenv("KASTELLAN_SOURCE");
    std::vector<std::string> words{"python3", std::string(source ? source : ".") + "/tests/support/kubernetes_double.py", "--cert",
        (folder / "server/cert.pem").string(), "--key", (folder / "server/key.pem").string(), "--client-ca",
        (folder / "client/cert.pem").string(), "--token", token};
    std::vector<char *> arguments;
    for (auto &word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const int error = ::posix_spawnp(&m_process, "python3", &actions, nullptr, arguments.data(), ::environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        cannot("start python3");
    if (!read("", 0) || m_lines.empty())
        cannot("read its port");
    m_port = std::atoi(m_lines.front().c_str());
    m_lines.clear();
    writeKubeconfig();
    ::setenv("KUBECONFIG", kubeconfig().c_str(), 1);
}

ClusterDouble::~ClusterDouble()
{
    m_in.reset();
    ::kill(m_process, SIGKILL);
    ::waitpid(m_process, nullptr, 0);
    ::unsetenv("KUBECONFIG");
}

void ClusterDouble::writeKubeconfig(const std::string &moreUsers, const std::string &moreContexts) const
{
    std::ofstream file(kubeconfig());
    file << "apiVersion: v1\nkind: Config\ncurrent-context: token\nclusters:\n- name: double\n  cluster:\n    server: " << url()
         << "\n    certificate-authority: server/cert.pem\nusers:\n- name: ada\n  user:\n    token: " << token
         << "\n- name: grace\n  user:\n    client-certificate: client/cert.pem\n    client-key: client/key.pem\n"
            "- name: nobody\n  user: {token: another-token}\n"
         << moreUsers
         << "contexts:\n- {name: token, context: {cluster: double, user: ada, namespace: keeps}}\n"
            "- {name: certificate, context: {cluster: double, user: grace, namespace: keeps}}\n"
            "- {name: wrong, context: {cluster: double, user: nobody, namespace: keeps}}\n"
         << moreContexts;
    file.close();
    std::filesystem::permissions(kubeconfig(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

bool ClusterDouble::read(const std::string &until, std::size_t times, bool waitsNot)
{
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    const auto enough = [&] {
        if (times == 0)
            return !m_lines.empty();
        return static_cast<std::size_t>(std::ranges::count_if(m_lines, [&](const std::string &line) { return line.contains(until); }))
            >= times;
    };
    for (;;) {
        const bool done = waitsNot || enough();
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        pollfd waiting{m_out.get(), POLLIN, 0};
        if (left <= 0 || ::poll(&waiting, 1, done ? 0 : static_cast<int>(left)) <= 0)
            return done;
        char buffer[65536];
        const ssize_t got = ::read(m_out.get(), buffer, sizeof buffer);
        if (got <= 0)
            return enough();
        m_part.append(buffer, static_cast<std::size_t>(got));
        for (std::size_t end; (end = m_part.find('\n')) != std::string::npos; m_part.erase(0, end + 1))
            m_lines.push_back(m_part.substr(0, end));
    }
}

void ClusterDouble::tell(const std::string &json)
{
    static_cast<void>(heard()); // what is there already
    const std::size_t before = count("\"did\"");
    const std::string line = json + "\n";
    if (::write(m_in.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()) || !read("\"did\"", before + 1))
        cannot("tell it anything");
}

std::vector<std::string> ClusterDouble::heard()
{
    static_cast<void>(read({}, 0, true));
    return m_lines;
}

bool ClusterDouble::waitFor(const std::string &text, std::size_t times)
{
    return read(text, times);
}

std::size_t ClusterDouble::count(const std::string &text)
{
    return static_cast<std::size_t>(std::ranges::count_if(m_lines, [&](const std::string &line) { return line.contains(text); }));
}

} // namespace kastellan::test
