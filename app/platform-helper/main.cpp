// SPDX-License-Identifier: Apache-2.0
// The privileged helper: carries out one platform command for a user whom polkit has let through (docs/platform.md). It takes no arguments,
// opens nothing but /dev/sev, and ends after one request.
#include "app/platform-helper/serve.h"

#include "sev-backend/firmware/kernel_sev_device.h"

#include <csignal>
#include <cstdio>

int main(int count, char **)
{
    std::signal(SIGPIPE, SIG_IGN);
    if (count > 1) {
        std::fputs("kastellan-platform-helper: takes no arguments; Kastellan starts it through pkexec\n", stderr);
        return kastellan::helper_exit::badRequest;
    }
    kastellan::sev::KernelSevDevice device;
    return kastellan::serveOne(device, 0, 1);
}
