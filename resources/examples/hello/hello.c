// SPDX-License-Identifier: Apache-2.0
// hello: the smallest workload. Prints a line, and each argument and the variable GREETING if they are given.
//
//   keepctl keep launch resources/examples/hello
//   keepctl keep launch resources/examples/hello --arg Ada --env GREETING="good morning"
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    const char *greeting = getenv("GREETING");
    printf("%s from a keep\n", greeting ? greeting : "hello");
    for (int i = 1; i < argc; ++i)
        printf("to %s\n", argv[i]);
    return 0;
}
