// SPDX-License-Identifier: Apache-2.0
// The runner: runs one WebAssembly module for the warden (docs/session.md, Runner). Descriptors 0, 1 and 2 are the module's, 3 is the
// control socket. Takes no arguments: what to run comes over the socket.
#include "app/keep-runner/supervisor.h"

#include <cstdio>

#include <fcntl.h>

int main(int argc, char **)
{
    constexpr int control = 3;
    if (argc != 1 || ::fcntl(control, F_GETFD) < 0) {
        std::fputs("keep-runner is started by keep-warden, with a control socket as descriptor 3.\n", stderr);
        return 2;
    }
    return kastellan::runner::supervise(control);
}
