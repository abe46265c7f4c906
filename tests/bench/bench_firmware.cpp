// SPDX-License-Identifier: Apache-2.0
// What the emulated firmware costs a launch: opening it, measuring an image page by page, one report.
// usage: bench_firmware [MEGABYTES]   (default 20)
//        bench_firmware --json        64 MB of pages launched, and the same pages hashed by OpenSSL: medians as one line of JSON
#include "core/base/digest.h"
#include "sev-backend/measurement/page_hash.h"
#include "sev-backend/measurement/process_keep.h"
#include "tests/support/emulated_identity.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string_view>
#include <thread>

using namespace kastellan;
using namespace kastellan::sev;

namespace {

double medianMs(const std::function<bool()> &work)
{
    std::vector<double> times;
    for (int i = 0; i < 11; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        if (!work()) {
            std::fprintf(stderr, "bench_firmware: a step failed\n");
            std::exit(1);
        }
        times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
    }
    std::ranges::sort(times);
    return times[times.size() / 2];
}

Bytes contentOf(std::size_t size)
{
    Bytes content(size);
    for (std::size_t i = 0; i < size; ++i)
        content[i] = static_cast<std::uint8_t>(i * 2654435761u >> 13);
    return content;
}

/// The whole of a launch, from its start to a guest that runs, in shares of a megabyte as a VMM gives them.
bool launch(Processor &processor, ByteView content)
{
    constexpr std::size_t share = std::size_t{1} << 20;
    const auto guest = processor.launchStart(GuestPolicy());
    for (std::size_t at = 0; guest && at < content.size(); at += share)
        if (!processor.launchUpdate(*guest, PageType::Normal, at, content.subspan(at, std::min(share, content.size() - at))))
            return false;
    return guest && processor.launchFinish(*guest, {}) && processor.decommission(*guest);
}

/// What one core needs for the digest as the firmware computes it: hash of each page, and the chain over them.
LaunchDigest onOneThread(ByteView content)
{
    std::vector<Sha384> digests(content.size() / pageSize);
    hashPages(content, digests, 1);
    LaunchMeasurement measurement;
    for (std::size_t i = 0; i < digests.size(); ++i)
        measurement.addHashed(PageType::Normal, i * pageSize, digests[i]);
    return measurement.digest();
}

int json()
{
    const Bytes content = contentOf(std::size_t{64} << 20);
    const auto processor = test::emulatedProcessor();
    std::vector<Sha384> digests(content.size() / pageSize);
    LaunchDigest digest;
    const double openssl = medianMs([&] {
        for (std::size_t i = 0; i < digests.size(); ++i)
            digests[i] = sha384(ByteView(content).subspan(i * pageSize, pageSize));
        return true;
    });
    const double launching = medianMs([&] { return launch(*processor, content); });
    const double single = medianMs([&] { return digest = onOneThread(content), true; });
    std::printf("{\"launch_ms\": %.2f, \"launch_one_thread_ms\": %.2f, \"openssl_ms\": %.2f, \"threads\": %u}\n", launching, single,
        openssl, std::clamp(std::thread::hardware_concurrency(), 1u, 2u));
    return 0;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc > 1 && std::string_view(argv[1]) == "--json")
        return json();
    const std::size_t megabytes = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 20;
    const Bytes content = contentOf(megabytes << 20);
    std::vector<Sha384> digests(content.size() / pageSize);
    for (const auto &[how, name] : {std::pair(PageHashing::OneByOne, "one by one"), {PageHashing::FourAtOnce, "four at once"},
             {PageHashing::EightAtOnce, "eight at once"}})
        if (how <= bestPageHashing())
            std::printf(
                "hash pages, %-13s %7.2f ms on one thread\n", name, medianMs([&] { return hashPages(content, digests, 1, how), true; }));
    const auto processor = test::emulatedProcessor();
    const double opening = medianMs([] { return test::emulatedProcessor() != nullptr; });
    GuestHandle guest;
    const double launching = medianMs([&] {
        const auto keep = ProcessKeep::layOut({{"/usr/bin/keep-warden", 0755, content}});
        guest = *processor->launchStart(GuestPolicy());
        for (const auto &run : keep->runs())
            if (!processor->launchUpdate(guest, run.type, run.gpa, run.pages))
                return false;
        return processor->launchFinish(guest, {}).has_value();
    });
    const double reporting = medianMs([&] {
        return ReportResponse::decode(processor->guestRequest(guest, ReportRequest().encode()))->status == FirmwareStatus::Success;
    });
    std::printf("open the processor:      %7.2f ms\nlaunch of %4zu MB:       %7.2f ms\none report:              %7.2f ms\n", opening,
        megabytes, launching, reporting);
    return 0;
}
