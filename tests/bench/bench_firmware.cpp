// SPDX-License-Identifier: Apache-2.0
// What the emulated firmware costs a launch: opening it, measuring an image page by page, one report.
// usage: bench_firmware [MEGABYTES]   (default 20)
#include "sev-backend/measurement/page_hash.h"
#include "sev-backend/measurement/process_keep.h"
#include "tests/support/emulated_identity.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>

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

} // namespace

int main(int argc, char **argv)
{
    const std::size_t megabytes = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 20;
    Bytes content(megabytes << 20);
    for (std::size_t i = 0; i < content.size(); ++i)
        content[i] = static_cast<std::uint8_t>(i * 2654435761u >> 13);
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
