// SPDX-License-Identifier: Apache-2.0
#include "app/keep-warden/first_program.h"

#include "app/keep-warden/machine_confinement.h"
#include "app/keep-warden/machine_ports.h"
#include "app/keep-warden/machine_reports.h"
#include "app/keep-warden/machine_world.h"
#include "app/keep-warden/port_source.h"
#include "app/keep-warden/privileges.h"
#include "app/keep-warden/warden.h"

#include <cerrno>
#include <csignal>
#include <cstdio>

#include <linux/capability.h>
#include <openssl/crypto.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

namespace kastellan::warden {
namespace {

constexpr auto portPatience = std::chrono::seconds(10);

int say(const Error &error)
{
    std::fprintf(stderr, "keep-warden: %s\n", error.message().c_str());
    return 1;
}

Status beWarden()
{
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGCHLD, SIG_IGN); // whatever ends below us is reaped by the kernel
    KASTELLAN_ASSIGN(const KernelWords words, readKernelWords());
    KASTELLAN_ASSIGN(MemoryOrder memory, MemoryOrder::make());
    KASTELLAN_TRY(awaitRandomNumbers());

    // Opened while we may: what is dropped below need not open it again.
    KASTELLAN_ASSIGN(MachinePorts ports, MachinePorts::look());
    KASTELLAN_ASSIGN(auto port, ports.open(sessionPort, portPatience));
    if (!port)
        return environment("find the way to the owner", {}, std::string("this machine has no virtio port ") + sessionPort,
            "Give it a virtio-serial device with this port.");
    KASTELLAN_ASSIGN(MachineReports reports, findReports(words, ports));
    KASTELLAN_TRY(hushKernel());
    KASTELLAN_TRY(leaveWorld(reports.tsm));
    KASTELLAN_TRY(confineWarden(reports));
    KASTELLAN_TRY(memory.spare(false));
    KASTELLAN_ASSIGN(RunnerProcess runner, RunnerProcess::spawn("/usr/bin/keep-runner"));
    KASTELLAN_TRY(memory.spare(true));
    KASTELLAN_TRY(dropPrivileges(capabilitiesFor(reports)));
    // No file decides how OpenSSL works in here.
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, nullptr);
    KASTELLAN_ASSIGN(const auto warden,
        Warden::make({std::make_unique<PortSource>(std::move(*port)), "/run", std::move(runner), std::move(reports.source), true}));
    return warden->run();
}

/// Reaps whatever ends, until the warden has.
void awaitEnd(pid_t warden)
{
    for (;;) {
        int status = 0;
        const pid_t ended = ::wait(&status);
        if (ended < 0 && errno == EINTR)
            continue;
        if (ended >= 0 && ended != warden)
            continue;
        if (ended < 0)
            say(systemError("wait for the warden", {}, errno).error());
        else if (WIFSIGNALED(status))
            std::fprintf(stderr, "keep-warden: it was ended by signal %d\n", WTERMSIG(status));
        return;
    }
}

int powerOff()
{
    ::tcdrain(2); // words on a slow line
    ::reboot(RB_POWER_OFF);
    return say(systemError("power the machine off", {}, errno).error()); // the kernel then panics, which ends the machine too
}

} // namespace

int beFirstProgram()
{
    auto ready = openConsole();
    if (ready)
        ready = mountWorld();
    if (!ready) {
        say(ready.error());
        return powerOff();
    }
    const pid_t warden = ::fork();
    if (warden == 0) {
        const Status status = beWarden();
        ::_exit(status ? 0 : say(status.error()));
    }
    if (warden < 0)
        say(systemError("start the warden", {}, errno).error());
    else {
        if (auto status = dropPrivileges(1U << CAP_SYS_BOOT); !status)
            say(status.error());
        awaitEnd(warden);
    }
    return powerOff();
}

} // namespace kastellan::warden
