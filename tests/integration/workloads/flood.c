// SPDX-License-Identifier: Apache-2.0
// As many bytes of output as its first argument says: lines of 64 bytes, each with its number.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    const long lines = (argc > 1 ? atol(argv[1]) : 1 << 20) / 64;
    static char buffer[1024 * 64 + 1];
    size_t used = 0;
    for (long line = 0; line < lines; ++line) {
        used += (size_t)snprintf(buffer + used, 65, "%062ld.\n", line);
        if (used == sizeof buffer - 1 || line + 1 == lines) {
            size_t done = 0;
            while (done < used) {
                const ssize_t count = write(1, buffer + done, used - done);
                if (count <= 0)
                    return 2;
                done += (size_t)count;
            }
            used = 0;
        }
    }
    return 0;
}
