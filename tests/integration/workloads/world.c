// SPDX-License-Identifier: Apache-2.0
// Tells what a module sees of the world: folders it was given, environment, arguments, files that should not be there. Then it waits for
// the end of its input, so that others can look at it from outside.
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <wasi/api.h>

extern char **environ;

int main(int argc, char **argv)
{
    int folders = 0;
    for (__wasi_fd_t fd = 3;; ++fd) {
        __wasi_prestat_t about;
        if (__wasi_fd_prestat_get(fd, &about) != 0)
            break;
        ++folders;
    }
    int variables = 0;
    for (char **variable = environ; variable && *variable; ++variable)
        ++variables;
    printf("folders %d variables %d arguments %d", folders, variables, argc);
    for (int i = 0; i < argc; ++i)
        printf(" [%s]", argv[i]);
    putchar('\n');
    const char *const places[] = {"/", "/etc/passwd", "/proc/self/status", "/usr/bin/keep-warden", "/run", "../../etc/passwd"};
    for (unsigned i = 0; i < sizeof places / sizeof *places; ++i)
        printf("%s: %s\n", places[i], open(places[i], O_RDONLY) < 0 ? "not there" : "OPEN");
    puts("looked");
    fflush(stdout);
    char byte;
    while (read(0, &byte, 1) > 0) {}
    return 0;
}
