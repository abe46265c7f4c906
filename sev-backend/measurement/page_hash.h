// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <span>

namespace kastellan::sev {

/// How pages are hashed: one after the other by OpenSSL, or four or eight at once in vector registers.
enum class PageHashing { OneByOne, FourAtOnce, EightAtOnce };
/// The best that this processor has.
[[nodiscard]] PageHashing bestPageHashing();

/// SHA-384 of each 4096-byte page of `pages`, whose length is a multiple of 4096, into `digests`, one for each page.
/// Uses up to `threads` threads (0: as many as there are cores, two at most) where there are enough pages to pay.
void hashPages(ByteView pages, std::span<Sha384> digests, unsigned threads = 0, PageHashing how = bestPageHashing());

} // namespace kastellan::sev
