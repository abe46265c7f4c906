// SPDX-License-Identifier: Apache-2.0
// The warden: keys, session, report and reaping in a keep (docs/session.md). In a process keep descriptor 3 is a listening socket; in a
// virtual machine it is the kernel's first program.
#include "app/keep-warden/first_program.h"
#include "app/keep-warden/guest_report_source.h"
#include "app/keep-warden/privileges.h"
#include "app/keep-warden/socket_source.h"
#include "app/keep-warden/warden.h"

#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>

#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

constexpr int listenerFd = 3;

// Last words: they reach the loader's log, and carry nothing of the workload.
int say(const kastellan::Error &error)
{
    std::fprintf(stderr, "keep-warden: %s\n", error.message().c_str());
    return 1;
}

int usage()
{
    std::fputs("usage: keep-warden --process [--run FOLDER] [--runner PROGRAM] [--reports connection|guest]\n"
               "The first program of a keep; started by keep-loader with a listening socket as descriptor 3.\n"
               "Reports come over a connection to it, or from the device of the virtual machine that the keep is.\n"
               "Started by a kernel as its first program (/init), it makes a keep of the machine (docs/session.md, Machines).\n",
        stderr);
    return 2;
}

} // namespace

int main(int argc, char **argv)
{
    using namespace std::string_view_literals;
    // Whatever else the kernel passes on: in a process keep, where we are the first of our namespace, we are told what we are.
    if (::getpid() == 1 && (argc < 2 || argv[1] != "--process"sv))
        return kastellan::warden::beFirstProgram();
    std::string folder = "/run";
    std::string runner = "/usr/bin/keep-runner";
    bool asked = false, inGuest = false;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument == "--process")
            asked = true;
        else if (argument == "--run" && i + 1 < argc)
            folder = argv[++i];
        else if (argument == "--runner" && i + 1 < argc)
            runner = argv[++i];
        else if (argument == "--reports" && i + 1 < argc && (argv[i + 1] == "guest"sv || argv[i + 1] == "connection"sv))
            inGuest = argv[++i] == "guest"sv;
        else
            return usage();
    }
    if (!asked)
        return usage();
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGCHLD, SIG_IGN); // whatever ends below us is reaped by the kernel
    ::umask(022);

    // Opened while we may: what is dropped below need not open it again.
    std::unique_ptr<kastellan::warden::ReportSource> reports;
    if (inGuest) {
        auto source = kastellan::warden::GuestReportSource::open();
        if (!source)
            return say(source.error());
        reports = std::move(*source);
    }
    auto process = kastellan::warden::RunnerProcess::spawn(runner);
    if (!process)
        return say(process.error());
    if (auto status = kastellan::warden::dropPrivileges(); !status)
        return say(status.error());
    // No file decides how OpenSSL works in here.
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, nullptr);
    auto warden = kastellan::warden::Warden::make({std::make_unique<kastellan::warden::SocketSource>(kastellan::Fd(listenerFd)),
        std::move(folder), std::move(*process), std::move(reports)});
    if (!warden)
        return say(warden.error());
    return say((*warden)->run().error());
}
