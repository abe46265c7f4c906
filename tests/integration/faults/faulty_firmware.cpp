// SPDX-License-Identifier: Apache-2.0
// The loader's emulated firmware with faults, for tests. This file is linked into a keep-loader of the tests with --wrap, so that all the
// rest is the loader as it is. KASTELLAN_TEST_FAULT holds faults, separated by blanks; N counts the guest's requests from 1 on (the
// first is the warden's own, the second the attestation, the third the one over the delivery), and 0 is the start of the launch:
//   hold=N:FILE      makes FILE.held and waits until FILE is there
//   record=N:FILE    writes the answer into FILE
//   replay=N:FILE    answers with what FILE holds
//   flip=N:OFFSET    flips the lowest bit of that byte of the report
//   short=N:LENGTH   cuts the answer
//   swap=0:ROLE      gives the certificate of that role (ark, ask, vcek) the bytes of the root
#include "core/base/file.h"
#include "sev-backend/emulator/processor.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <sstream>
#include <thread>

using namespace kastellan;
using sev::GuestHandle;
using sev::Processor;

// The names that the linker knows them by.
Result<GuestHandle> realLaunchStart(Processor *self, sev::GuestPolicy policy, const std::array<std::uint8_t, 16> &gosvw) __asm__(
    "__real__ZN9kastellan3sev9Processor11launchStartENS0_11GuestPolicyERKSt5arrayIhLm16EE");
Result<GuestHandle> faultyLaunchStart(Processor *self, sev::GuestPolicy policy, const std::array<std::uint8_t, 16> &gosvw) __asm__(
    "__wrap__ZN9kastellan3sev9Processor11launchStartENS0_11GuestPolicyERKSt5arrayIhLm16EE");
Bytes realGuestRequest(Processor *self, GuestHandle guest, ByteView request) __asm__(
    "__real__ZN9kastellan3sev9Processor12guestRequestENS0_11GuestHandleESt4spanIKhLm18446744073709551615EE");
Bytes faultyGuestRequest(Processor *self, GuestHandle guest, ByteView request) __asm__(
    "__wrap__ZN9kastellan3sev9Processor12guestRequestENS0_11GuestHandleESt4spanIKhLm18446744073709551615EE");
std::vector<Endorsement> realEndorsements(Processor *self) __asm__("__real__ZN9kastellan3sev9Processor12endorsementsEv");
std::vector<Endorsement> faultyEndorsements(Processor *self) __asm__("__wrap__ZN9kastellan3sev9Processor12endorsementsEv");

namespace {

constexpr std::size_t reportOffset = 0x20; // in MSG_REPORT_RSP

struct Fault {
    std::string kind;
    unsigned number = 0;
    std::string value;
};

std::vector<Fault> faults()
{
    std::vector<Fault> all;
    const char *text = std::getenv("KASTELLAN_TEST_FAULT");
    std::istringstream words(text ? text : "");
    for (std::string word; words >> word;) {
        const auto equals = word.find('='), colon = word.find(':');
        if (equals == std::string::npos || colon == std::string::npos)
            std::abort();
        all.push_back({word.substr(0, equals), static_cast<unsigned>(std::stoul(word.substr(equals + 1))), word.substr(colon + 1)});
    }
    return all;
}

void hold(const std::string &file)
{
    if (!writeFileAtomically(file + ".held", {}))
        std::abort();
    while (!std::filesystem::exists(file))
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

Bytes content(const std::string &file)
{
    auto bytes = readFile(file, 1 << 16);
    if (!bytes)
        std::abort();
    return std::move(*bytes);
}

std::atomic<unsigned> requests = 0;

} // namespace

Result<GuestHandle> faultyLaunchStart(Processor *self, sev::GuestPolicy policy, const std::array<std::uint8_t, 16> &gosvw)
{
    for (const auto &fault : faults())
        if (fault.kind == "hold" && fault.number == 0)
            hold(fault.value);
    return realLaunchStart(self, policy, gosvw);
}

Bytes faultyGuestRequest(Processor *self, GuestHandle guest, ByteView request)
{
    const unsigned number = ++requests;
    Bytes answer = realGuestRequest(self, guest, request);
    for (const auto &fault : faults()) {
        if (fault.number != number)
            continue;
        if (fault.kind == "hold")
            hold(fault.value);
        else if (fault.kind == "record" && !writeFileAtomically(fault.value, answer))
            std::abort();
        else if (fault.kind == "replay")
            answer = content(fault.value);
        else if (fault.kind == "flip")
            answer.at(reportOffset + std::stoul(fault.value)) ^= 1;
        else if (fault.kind == "short")
            answer.resize(std::stoul(fault.value));
    }
    return answer;
}

std::vector<Endorsement> faultyEndorsements(Processor *self)
{
    auto all = realEndorsements(self);
    for (const auto &fault : faults())
        if (fault.kind == "swap")
            for (auto &endorsement : all)
                if (endorsement.role == fault.value)
                    endorsement.der = fault.value == "ark" ? all.at(1).der : all.back().der;
    return all;
}
