// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/measurement/page_hash.h"

#include "core/base/digest.h"
#include "sev-backend/abi/page_info.h"
#include "sev-backend/measurement/sha384_lanes.h"

#include <algorithm>
#include <thread>

namespace kastellan::sev {
namespace {

// A thread costs some ten microseconds, a page one to six.
constexpr std::size_t pagesThatPay = 64;

using ManyPages = void (*)(const std::uint8_t *, std::uint8_t *);

void hashSome(ByteView pages, std::span<Sha384> digests, PageHashing how)
{
    static_assert(sizeof(Sha384) == Sha384::size, "digests follow each other without gaps");
    std::size_t done = 0;
#if defined(__x86_64__)
    const auto many = [&](ManyPages hash, std::size_t lanes) {
        for (; digests.size() - done >= lanes; done += lanes)
            hash(pages.data() + done * pageSize, digests[done].bytes.data());
    };
    if (how == PageHashing::EightAtOnce)
        many(sha384EightPages, 8);
    else if (how == PageHashing::FourAtOnce)
        many(sha384FourPages, 4);
#else
    static_cast<void>(how);
#endif
    for (; done < digests.size(); ++done)
        digests[done] = sha384(pages.subspan(done * pageSize, pageSize));
}

} // namespace

PageHashing bestPageHashing()
{
#if defined(__x86_64__)
    static const PageHashing best = __builtin_cpu_supports("avx512f") ? PageHashing::EightAtOnce
        : __builtin_cpu_supports("avx2")                              ? PageHashing::FourAtOnce
                                                                      : PageHashing::OneByOne;
    return best;
#else
    return PageHashing::OneByOne;
#endif
}

void hashPages(ByteView pages, std::span<Sha384> digests, unsigned threads, PageHashing how)
{
    if (threads == 0)
        threads = std::clamp(std::thread::hardware_concurrency(), 1u, 2u);
    if (digests.size() < pagesThatPay || threads == 1)
        return hashSome(pages, digests, how);
    const std::size_t share = (digests.size() + threads - 1) / threads;
    std::vector<std::jthread> helpers;
    std::size_t done = 0;
    while (digests.size() - done > share) {
        helpers.emplace_back(hashSome, pages.subspan(done * pageSize, share * pageSize), digests.subspan(done, share), how);
        done += share;
    }
    hashSome(pages.subspan(done * pageSize), digests.subspan(done), how);
}

} // namespace kastellan::sev
