// SPDX-License-Identifier: Apache-2.0
// The body of sha384_lanes.h for one width of vectors, included once by each of two sources that are compiled for another
// processor than the rest. So that no code for it leaks into other sources, everything here is local, and no header of
// the standard library with inline functions is included.
#include "sev-backend/measurement/sha384_lanes.h"

namespace {

constexpr std::size_t lanes = KASTELLAN_SHA384_LANES;
constexpr std::size_t bytesOfPage = 4096;
constexpr std::size_t bytesOfBlock = 128;
using Words = std::uint64_t __attribute__((vector_size(lanes * 8)));

// The first 64 bits of the fractional parts of the cube roots of the first eighty primes (FIPS 180-4, 4.2.3).
constexpr std::uint64_t roundConstants[80] = {0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
    0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65, 0x2de92c6f592b0275, 0x4a7484aa6ea6e483,
    0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926,
    0x4d2c6dfc5ac42aed, 0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218, 0xd69906245565a910,
    0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60,
    0x84c87814a1f0ab72, 0x8cc702081a6439ec, 0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
    0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817};

// The initial hash value of SHA-384 (FIPS 180-4, 5.3.4).
constexpr std::uint64_t initial[8] = {0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939, 0x67332667ffc00b31,
    0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4};

inline Words rotated(Words x, int by)
{
    return (x >> by) | (x << (64 - by));
}

/// All lanes the same.
inline Words everywhere(std::uint64_t value)
{
    return Words{} + value;
}

inline std::uint64_t loadBig(const std::uint8_t *bytes)
{
    std::uint64_t value = 0;
    __builtin_memcpy(&value, bytes, sizeof value);
    return __builtin_bswap64(value);
}

/// One block of each lane (FIPS 180-4, 6.4.2). The schedule is kept in sixteen words that roll.
void compress(Words (&state)[8], Words (&w)[16])
{
    Words a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
    for (unsigned t = 0; t < 80; t += 16) {
#pragma GCC unroll 16
        for (unsigned i = 0; i < 16; ++i) {
            const Words sum1 = rotated(e, 14) ^ rotated(e, 18) ^ rotated(e, 41);
            const Words choice = g ^ (e & (f ^ g));
            const Words t1 = h + sum1 + choice + everywhere(roundConstants[t + i]) + w[i];
            const Words sum0 = rotated(a, 28) ^ rotated(a, 34) ^ rotated(a, 39);
            const Words majority = (a & b) ^ (c & (a ^ b));
            h = g;
            g = f;
            f = e;
            e = d + t1;
            d = c;
            c = b;
            b = a;
            a = t1 + sum0 + majority;
            // The word of the round after the next sixteen; the last sixteen are not used.
            const Words w1 = w[(i + 1) % 16], w14 = w[(i + 14) % 16];
            w[i] += (rotated(w1, 1) ^ rotated(w1, 8) ^ (w1 >> 7)) + w[(i + 9) % 16] + (rotated(w14, 19) ^ rotated(w14, 61) ^ (w14 >> 6));
        }
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
}

inline void hashLanes(const std::uint8_t *pages, std::uint8_t *digests)
{
    Words state[8], w[16];
    for (unsigned i = 0; i < 8; ++i)
        state[i] = everywhere(initial[i]);
    for (std::size_t block = 0; block < bytesOfPage; block += bytesOfBlock) {
        for (std::size_t i = 0; i < 16; ++i)
            for (std::size_t lane = 0; lane < lanes; ++lane)
                w[i][lane] = loadBig(pages + lane * bytesOfPage + block + i * 8);
        compress(state, w);
    }
    // The padding is the same for every page: a one bit, zeros, the length in bits.
    for (auto &word : w)
        word = Words{};
    w[0] = everywhere(std::uint64_t{1} << 63);
    w[15] = everywhere(bytesOfPage * 8);
    compress(state, w);
    for (std::size_t lane = 0; lane < lanes; ++lane)
        for (std::size_t i = 0; i < 6; ++i) {
            const std::uint64_t value = __builtin_bswap64(state[i][lane]);
            __builtin_memcpy(digests + lane * 48 + i * 8, &value, sizeof value);
        }
}

} // namespace
