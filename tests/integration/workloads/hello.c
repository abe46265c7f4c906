// SPDX-License-Identifier: Apache-2.0
// One line on each output stream.
#include <stdio.h>

int main(void)
{
    fputs("to standard error\n", stderr);
    puts("hello from the keep");
    return 0;
}
