// SPDX-License-Identifier: Apache-2.0
// compute: works for some seconds and says how far it is after every tenth of the work. Its argument scales the work: 200 (the default)
// takes about two seconds when compiled ahead of time, and 2 takes as long in the interpreter.
//
//   keepctl keep launch resources/examples/compute
//   keepctl keep launch resources/examples/compute --arg 2 --interpreter
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { limit = 1 << 20 };
static uint8_t composite[limit];

// The number of primes below the limit, by the sieve of Eratosthenes.
static unsigned sieve(void)
{
    unsigned primes = 0;
    for (unsigned i = 0; i < limit; ++i)
        composite[i] = 0;
    for (unsigned i = 2; i < limit; ++i) {
        if (composite[i])
            continue;
        ++primes;
        for (uint64_t j = (uint64_t)i * i; j < limit; j += i)
            composite[j] = 1;
    }
    return primes;
}

// A walk of numbers that no compiler can shorten (xorshift), stirred into the result of the sieve.
static uint64_t walk(uint64_t seed)
{
    for (int i = 0; i < 4 * limit; ++i) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
    }
    return seed;
}

int main(int argc, char **argv)
{
    char *end = NULL;
    const long rounds = argc > 1 ? strtol(argv[argc - 1], &end, 10) : 200;
    if (rounds < 1 || rounds > 1000000 || (end && *end)) {
        fprintf(stderr, "compute: '%s' is no number of rounds from 1 to 1000000\n", argv[argc - 1]);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    uint64_t state = 88172645463325252;
    unsigned primes = 0;
    long tenths = 0;
    for (long round = 1; round <= rounds; ++round) {
        primes = sieve();
        state = walk(state ^ primes);
        if (round * 10 / rounds > tenths) {
            tenths = round * 10 / rounds;
            printf("%3ld %%: %ld of %ld rounds\n", tenths * 10, round, rounds);
        }
    }
    printf("%u primes below %d, and at the end of the walk %016llx\n", primes, (int)limit, (unsigned long long)state);
    return 0;
}
