// SPDX-License-Identifier: Apache-2.0
// secret: reads the secret `token`, which is sent only after the keep was attested, and proves that it has it without printing it: by its
// length and the first 32 bits of its SHA-256. That is enough for the owner to recognise it, and too little to find it by trying.
//
//   printf %s s3cret > token; keepctl keep launch resources/examples/secret --secret token=token
//   printf %s s3cret | sha256sum | cut -c1-8
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static uint32_t rotate(uint32_t value, int by)
{
    return value >> by | value << (32 - by);
}

// The constants of FIPS 180-4 are the first bits of the fractional parts of roots of primes: computed here, in whole numbers.
static uint32_t root_fraction(unsigned prime, int cube)
{
    // The largest x with x^2 <= prime * 2^64 (or x^3 <= prime * 2^96), in 128-bit numbers; its lower 32 bits are the fraction.
    unsigned __int128 low = 0, high = (unsigned __int128)1 << 37;
    while (high - low > 1) {
        const unsigned __int128 middle = (low + high) / 2;
        // middle < 2^37, so middle^2 < 2^74; for the cube compare middle^3 with prime * 2^96 by dividing once.
        const int fits =
            cube ? middle * middle <= ((unsigned __int128)prime << 96) / middle : middle * middle <= (unsigned __int128)prime << 64;
        if (fits)
            low = middle;
        else
            high = middle;
    }
    return (uint32_t)low;
}

struct sha256 {
    uint32_t state[8], constants[64];
};

static void begin(struct sha256 *hash)
{
    unsigned count = 0;
    for (unsigned number = 2; count < 64; ++number) {
        int prime = 1;
        for (unsigned divisor = 2; divisor * divisor <= number; ++divisor)
            prime = prime && number % divisor != 0;
        if (!prime)
            continue;
        if (count < 8)
            hash->state[count] = root_fraction(number, 0);
        hash->constants[count++] = root_fraction(number, 1);
    }
}

static void add_block(struct sha256 *hash, const uint8_t *block)
{
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; ++i)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (int i = 16; i < 64; ++i)
        w[i] = w[i - 16] + (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3) + w[i - 7]
            + (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10);
    memcpy(s, hash->state, sizeof s);
    for (int i = 0; i < 64; ++i) {
        const uint32_t one =
            s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + hash->constants[i] + w[i];
        const uint32_t two = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof s[0]);
        s[4] += one;
        s[0] = one + two;
    }
    for (int i = 0; i < 8; ++i)
        hash->state[i] += s[i];
}

static uint32_t first_bits(const uint8_t *data, size_t size)
{
    static struct sha256 hash;
    uint8_t block[64];
    begin(&hash);
    size_t done = 0;
    for (; size - done >= sizeof block; done += sizeof block)
        add_block(&hash, data + done);
    memset(block, 0, sizeof block);
    memcpy(block, data + done, size - done);
    block[size - done] = 0x80;
    if (size - done >= 56) {
        add_block(&hash, block);
        memset(block, 0, sizeof block);
    }
    for (int i = 0; i < 8; ++i)
        block[63 - i] = (uint8_t)((uint64_t)size * 8 >> (8 * i));
    add_block(&hash, block);
    return hash.state[0];
}

int main(void)
{
    static uint8_t secret[1024 * 1024];
    size_t size = 0;
    const int file = open("/secrets/token", O_RDONLY);
    if (file < 0) {
        fprintf(stderr, "secret: cannot open /secrets/token: %s. Launch with --secret token=FILE.\n", strerror(errno));
        return 1;
    }
    while (size < sizeof secret) {
        const ssize_t got = read(file, secret + size, sizeof secret - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            fprintf(stderr, "secret: cannot read /secrets/token: %s\n", strerror(errno));
            return 1;
        }
        if (got == 0)
            break;
        size += (size_t)got;
    }
    close(file);
    printf("the secret has %zu bytes, and its SHA-256 begins with %08x\n", size, (unsigned)first_bits(secret, size));
    memset(secret, 0, sizeof secret);
    return 0;
}
