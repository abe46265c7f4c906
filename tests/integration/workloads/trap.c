// SPDX-License-Identifier: Apache-2.0
// Says something, then traps.
#include <stdio.h>

int main(void)
{
    puts("about to trap");
    fflush(stdout);
    __builtin_trap();
}
