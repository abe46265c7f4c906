// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <random>

/// Bytes by chance, the same for the same seed.
inline kastellan::Bytes noise(std::size_t size, unsigned seed)
{
    std::mt19937 random(seed);
    kastellan::Bytes bytes(size);
    for (auto &byte : bytes)
        byte = static_cast<std::uint8_t>(random());
    return bytes;
}
