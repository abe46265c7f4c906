// SPDX-License-Identifier: Apache-2.0
// The warden's code for the firmware of a guest, run under `keepctl emulate --guest`.
// usage: guest_probe any|device|tsm [VMPL] [patience in ms]; guest_probe key
// Prints one line: the way, the report's version and level, the length of its certificates; or the error, and exits with 1.
#include "sev-backend/abi/report.h"
#include "sev-backend/certificates/ghcb_table.h"
#include "sev-backend/guest/guest_device.h"

#include <cstdio>
#include <cstdlib>
#include <string_view>

using namespace kastellan;

namespace {

int failed(const Error &error)
{
    std::printf("%s\n", error.message().c_str());
    return 1;
}

int key()
{
    auto device = sev::GuestDevice::open();
    if (!device)
        return failed(device.error());
    const auto first = (*device)->derivedKey({}, {}), second = (*device)->derivedKey({}, {});
    if (!first || !second)
        return failed(first ? second.error() : first.error());
    sev::KeyRequest other;
    other.fields = 1;
    const auto third = (*device)->derivedKey(other, {});
    const bool good = third && first->key == second->key && first->key != third->key;
    std::printf("key %s\n", good ? "ok" : "wrong");
    return good ? 0 : 1;
}

} // namespace

int main(int argc, char **argv)
{
    const std::string_view what = argc > 1 ? argv[1] : "";
    if (what == "key")
        return key();
    const auto way = what == "device" ? sev::GuestWay::Device : what == "tsm" ? sev::GuestWay::Tsm : sev::GuestWay::Any;
    sev::GuestPatience patience;
    if (argc > 3)
        patience.whole = std::chrono::milliseconds(std::atoi(argv[3]));
    auto reports = sev::openGuestReports(way, patience);
    if (!reports)
        return failed(reports.error());
    sev::GuestQuestion question;
    question.data.bytes.fill(0x5a);
    question.vmpl = argc > 2 ? static_cast<std::uint32_t>(std::atoi(argv[2])) : 0;
    question.certificates = true;
    const auto answer = (*reports)->report(question, {});
    if (!answer)
        return failed(answer.error());
    question.certificates = false;
    const auto plain = (*reports)->report(question, {});
    if (!plain)
        return failed(plain.error());
    const auto view = sev::ReportView::from(answer->report);
    const auto table = sev::readGhcbTable(answer->certificates);
    if (!view || !table || !plain->certificates.empty() || plain->report.size() != answer->report.size())
        return failed(
            view ? table ? Error{ErrorKind::Internal, "compare", {}, "the plain report differs", {}} : table.error() : view.error());
    std::printf("%s: version %u, level %u, data %s, %zu certificates\n", (*reports)->name().c_str(), view->version(), view->vmpl(),
        view->reportData().bytes == question.data.bytes ? "ok" : "wrong", table->size());
    return 0;
}
