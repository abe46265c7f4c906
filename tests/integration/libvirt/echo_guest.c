// SPDX-License-Identifier: Apache-2.0
// The first program of a test's virtual machine: says that it runs, and gives back whatever comes through the session's port. A line
// "quit" as the first bytes of a piece turns the machine off, "crash" panics its kernel.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_port(const char *wanted)
{
    for (int number = 1; number < 8; ++number) {
        char path[128], name[128] = "";
        snprintf(path, sizeof path, "/sys/class/virtio-ports/vport0p%d/name", number);
        int file = open(path, O_RDONLY);
        if (file < 0)
            continue;
        ssize_t size = read(file, name, sizeof name - 1);
        close(file);
        if (size <= 0)
            continue;
        name[strcspn(name, "\n")] = 0;
        if (strcmp(name, wanted) != 0)
            continue;
        snprintf(path, sizeof path, "/dev/vport0p%d", number);
        return open(path, O_RDWR);
    }
    return -1;
}

int main(void)
{
    mkdir("/dev", 0755);
    mkdir("/sys", 0755);
    mkdir("/proc", 0755);
    mount("devtmpfs", "/dev", "devtmpfs", 0, "");
    mount("sysfs", "/sys", "sysfs", 0, "");
    mount("proc", "/proc", "proc", 0, "");
    int console = open("/dev/console", O_RDWR);
    dprintf(console, "TEST-GUEST-UP\n");
    int port = -1;
    while ((port = open_port("org.kastellan.session.0")) < 0)
        poll(NULL, 0, 10); // the kernel finds its devices meanwhile
    dprintf(console, "TEST-GUEST-PORT\n");
    static char buffer[65536];
    for (;;) {
        ssize_t got = read(port, buffer, sizeof buffer);
        if (got <= 0) { // nobody is at the other end
            poll(NULL, 0, 10);
            continue;
        }
        if (got >= 4 && memcmp(buffer, "quit", 4) == 0)
            reboot(RB_POWER_OFF);
        if (got >= 5 && memcmp(buffer, "crash", 5) == 0) {
            int trigger = open("/proc/sysrq-trigger", O_WRONLY);
            if (write(trigger, "c", 1) != 1)
                dprintf(console, "no crash\n");
        }
        for (ssize_t at = 0; at < got;) {
            ssize_t wrote = write(port, buffer + at, (size_t)(got - at));
            if (wrote > 0)
                at += wrote;
            else
                poll(NULL, 0, 10);
        }
    }
}
