// SPDX-License-Identifier: Apache-2.0
// echo: copies standard input to standard output, byte for byte, until the input ends.
//
//   keepctl keep launch resources/examples/echo < some-file > the-same-file
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char buffer[64 * 1024];

static int failed(const char *doing)
{
    fprintf(stderr, "echo: cannot %s: %s\n", doing, strerror(errno));
    return 1;
}

int main(void)
{
    for (;;) {
        const ssize_t got = read(STDIN_FILENO, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return failed("read");
        if (got == 0)
            return 0;
        for (ssize_t done = 0; done < got;) {
            const ssize_t put = write(STDOUT_FILENO, buffer + done, (size_t)(got - done));
            if (put < 0 && errno == EINTR)
                continue;
            if (put < 0)
                return failed("write");
            done += put;
        }
    }
}
