// SPDX-License-Identifier: Apache-2.0
// A first program for a test machine: becomes the warden, and leaves behind a process that ends the warden's second half as soon as it has
// given up being root.
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int is_the_warden(int pid)
{
    char path[64], line[256];
    int uid = -1, warden = 0;
    snprintf(path, sizeof path, "/proc-of-the-test/%d/status", pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    while (fgets(line, sizeof line, file)) {
        warden |= strcmp(line, "Name:\tinit\n") == 0 || strcmp(line, "Name:\tkeep-warden\n") == 0;
        sscanf(line, "Uid: %d", &uid);
    }
    fclose(file);
    return warden && uid == 1;
}

int main(void)
{
    mkdir("/proc-of-the-test", 0755);
    if (fork() == 0) {
        mount("proc", "/proc-of-the-test", "proc", 0, "");
        for (;;) {
            DIR *all = opendir("/proc-of-the-test");
            for (struct dirent *one; all && (one = readdir(all));)
                if (atoi(one->d_name) > 1 && is_the_warden(atoi(one->d_name))) {
                    kill(atoi(one->d_name), SIGSEGV);
                    return 0;
                }
            if (all)
                closedir(all);
            const struct timespec turn = {0, 20000000};
            nanosleep(&turn, NULL);
        }
    }
    execl("/usr/bin/keep-warden", "keep-warden", (char *)NULL);
    return 1;
}
