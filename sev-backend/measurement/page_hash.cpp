// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/measurement/page_hash.h"

#include "core/base/digest.h"
#include "sev-backend/abi/page_info.h"

#include <algorithm>
#include <thread>

namespace kastellan::sev {
namespace {

// A thread costs some ten microseconds, a page six.
constexpr std::size_t pagesThatPay = 64;

void hashSome(ByteView pages, std::span<Sha384> digests)
{
    for (std::size_t i = 0; i < digests.size(); ++i)
        digests[i] = sha384(pages.subspan(i * pageSize, pageSize));
}

} // namespace

void hashPages(ByteView pages, std::span<Sha384> digests, unsigned threads)
{
    if (threads == 0)
        threads = std::clamp(std::thread::hardware_concurrency(), 1u, 2u);
    if (digests.size() < pagesThatPay || threads == 1)
        return hashSome(pages, digests);
    const std::size_t share = (digests.size() + threads - 1) / threads;
    std::vector<std::jthread> helpers;
    std::size_t done = 0;
    while (digests.size() - done > share) {
        helpers.emplace_back(hashSome, pages.subspan(done * pageSize, share * pageSize), digests.subspan(done, share));
        done += share;
    }
    hashSome(pages.subspan(done * pageSize), digests.subspan(done));
}

} // namespace kastellan::sev
