// SPDX-License-Identifier: Apache-2.0
// Tells what memory the programs of a keep in a virtual machine use. It is the first program in front of the keep's own: it leaves a child
// behind that reads the kernel's accounting and writes it on the serial line, and then becomes the warden. Used by tests/bench/run alone.
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int number(const char *status, const char *field)
{
    const char *at = strstr(status, field);
    return at ? atoi(at + strlen(field)) : 0;
}

static int read_all(int folder, const char *path, char *text, size_t size)
{
    const int file = openat(folder, path, O_RDONLY);
    const ssize_t count = file < 0 ? -1 : read(file, text, size - 1);
    if (file >= 0)
        close(file);
    text[count > 0 ? count : 0] = 0;
    return count > 0;
}

static void tell(int out, int proc)
{
    char line[4096], text[4096], path[300];
    size_t used = 0;
    DIR *folder = fdopendir(dup(proc));
    rewinddir(folder);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        snprintf(path, sizeof path, "%s/status", entry->d_name);
        if (atoi(entry->d_name) < 1 || !read_all(proc, path, text, sizeof text) || !strstr(text, "VmHWM:"))
            continue;
        char name[32] = "";
        sscanf(text, "Name: %31s", name);
        used += (size_t)snprintf(line + used, sizeof line - used, "bench-memory %s %s peak %d now %d own %d kB\n", entry->d_name, name,
            number(text, "VmHWM:"), number(text, "VmRSS:"), number(text, "RssAnon:"));
        if (used > sizeof line - 256)
            break;
    }
    closedir(folder);
    if (read_all(proc, "meminfo", text, sizeof text))
        used += (size_t)snprintf(line + used, sizeof line - used, "bench-memory 0 machine total %d free %d available %d kB\n",
            number(text, "MemTotal:"), number(text, "MemFree:"), number(text, "MemAvailable:"));
    if (write(out, line, used) < 0)
        _exit(1);
}

int main(void)
{
    mkdir("/proc", 0755);
    mount("proc", "/proc", "proc", 0, NULL);
    mkdir("/dev", 0755);
    mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
    if (fork() == 0) {
        const int proc = open("/proc", O_RDONLY | O_DIRECTORY), out = open("/dev/ttyS0", O_WRONLY | O_NOCTTY);
        const struct timespec pause = {0, 250 * 1000 * 1000};
        for (; proc >= 0 && out >= 0; nanosleep(&pause, NULL))
            tell(out, proc);
        _exit(1);
    }
    umount2("/proc", MNT_DETACH);
    umount2("/dev", MNT_DETACH);
    execl("/usr/bin/keep-warden", "/init", (char *)NULL);
    return 1;
}
