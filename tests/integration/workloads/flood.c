// SPDX-License-Identifier: Apache-2.0
// As many bytes of output as its first argument says, in blocks of 64 KiB: a number of 16 digits, dots, and a newline.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    static char block[1 << 16];
    memset(block, '.', sizeof block);
    block[sizeof block - 1] = '\n';
    const long blocks = (argc > 1 ? atol(argv[1]) : 1 << 20) / (long)sizeof block;
    for (long number = 0; number < blocks; ++number) {
        long rest = number;
        for (int digit = 15; digit >= 0; --digit, rest /= 10)
            block[digit] = (char)('0' + rest % 10);
        for (size_t done = 0; done < sizeof block;) {
            const ssize_t count = write(1, block + done, sizeof block - done);
            if (count <= 0)
                return 2;
            done += (size_t)count;
        }
    }
    return 0;
}
