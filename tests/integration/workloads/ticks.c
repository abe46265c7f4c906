// SPDX-License-Identifier: Apache-2.0
// A numbered line every few milliseconds, as many as its first argument says.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
    const long count = argc > 1 ? atol(argv[1]) : 100;
    const struct timespec pause = {0, 5 * 1000 * 1000};
    for (long i = 0; i < count; ++i) {
        printf("tick %ld\n", i);
        fflush(stdout);
        nanosleep(&pause, NULL);
    }
    return 0;
}
