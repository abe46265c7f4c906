// SPDX-License-Identifier: Apache-2.0
// Takes memory, and uses it, until there is no more. Ends with 1 when it was refused some.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
    for (size_t taken = 0;; taken += 1 << 20) {
        volatile char *const piece = malloc(1 << 20);
        if (!piece) {
            fprintf(stderr, "refused after %zu MiB\n", taken >> 20);
            return 1;
        }
        for (size_t i = 0; i < 1 << 20; i += 4096)
            piece[i] = (char)(taken >> 20);
    }
}
