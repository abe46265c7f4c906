// SPDX-License-Identifier: Apache-2.0
// The only program of a machine: says hello on its console and powers off.
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

int main(void)
{
    static const char hello[] = "HELLO FROM A WHOLE MACHINE\n";
    mkdir("/dev", 0755);
    mount("devtmpfs", "/dev", "devtmpfs", 0, "");
    const int console = open("/dev/console", O_RDWR | O_NOCTTY);
    if (console >= 0 && write(console, hello, strlen(hello)) > 0)
        tcdrain(console);
    reboot(RB_POWER_OFF);
    return 1;
}
