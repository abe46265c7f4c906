// SPDX-License-Identifier: Apache-2.0
// The first program of a test's virtual machine: an operating system that turns itself off when somebody presses its power button, as
// systemd-logind or acpid would. It loads the kernel's modules for that, which lie beside it.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int load(const char *module)
{
    int file = open(module, O_RDONLY | O_CLOEXEC);
    int loaded = file < 0 ? -1 : (int)syscall(SYS_finit_module, file, "", 0);
    if (file >= 0)
        close(file);
    return loaded;
}

int main(void)
{
    mkdir("/dev", 0755);
    mount("devtmpfs", "/dev", "devtmpfs", 0, "");
    int console = open("/dev/console", O_RDWR);
    if (load("/evdev.ko") != 0 || load("/button.ko") != 0)
        dprintf(console, "TEST-GUEST-HAS-NO-BUTTON\n");
    struct pollfd buttons[8];
    nfds_t count = 0;
    while (count == 0) {
        for (int number = 0; number < 8; ++number) {
            char path[64];
            snprintf(path, sizeof path, "/dev/input/event%d", number);
            int file = open(path, O_RDONLY | O_CLOEXEC);
            if (file >= 0)
                buttons[count++] = (struct pollfd){file, POLLIN, 0};
        }
        poll(NULL, 0, 10); // the kernel finds its devices meanwhile
    }
    dprintf(console, "TEST-GUEST-READY\n");
    for (;;) {
        poll(buttons, count, -1);
        for (nfds_t i = 0; i < count; ++i) {
            struct input_event event;
            if (!(buttons[i].revents & POLLIN) || read(buttons[i].fd, &event, sizeof event) != sizeof event)
                continue;
            if (event.type == EV_KEY && event.code == KEY_POWER && event.value == 1) {
                dprintf(console, "TEST-GUEST-WAS-PRESSED\n");
                reboot(RB_POWER_OFF);
            }
        }
    }
}
