// SPDX-License-Identifier: Apache-2.0
// Ends with the status that its first argument names.
#include <stdlib.h>

int main(int argc, char **argv)
{
    return argc > 1 ? atoi(argv[1]) : 7;
}
