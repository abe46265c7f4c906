// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/rehearsal/words.h"

#include "core/base/file.h"
#include "sev-backend/emulator/emulated_command.h"

#include <cerrno>
#include <cstdio>
#include <ctime>

namespace kastellan::sev {
namespace {

constexpr std::string_view texts[] = {"", "Platform state is invalid", "Guest state is invalid", "Platform configuration is invalid",
    "Buffer too small", "Platform is already owned", "Certificate is invalid", "Policy is not allowed", "Guest is not active",
    "Invalid address", "Bad signature", "Bad measurement", "ASID is already owned", "Invalid ASID", "WBINVD is required",
    "DF_FLUSH is required", "Guest handle is invalid", "Invalid command", "Guest is active", "Hardware error", "Hardware unsafe",
    "Feature not supported", "Invalid parameter", "Required firmware resource depleted", "Part-specific integrity check failure",
    "Invalid page size", "Invalid page state", "Invalid page metadata entry", "Invalid page ownership", "AEAD sequence number overflow",
    "unknown error", "unknown error", "RMP must be initialized"};

} // namespace

std::unexpected<Refusal> refuse(std::vector<std::string> lines)
{
    return std::unexpected(Refusal{std::move(lines), 1, false});
}

std::unexpected<Refusal> abortWith(std::vector<std::string> lines)
{
    return std::unexpected(Refusal{std::move(lines), 1, true});
}

std::unexpected<Refusal> refuseAccelerator(std::vector<std::string> lines)
{
    lines.emplace_back("failed to initialize kvm: Operation not permitted");
    for (std::string &line : lines)
        line = "-accel kvm: " + line;
    return refuse(std::move(lines));
}

KernelAnswer KernelAnswer::firmware(FirmwareStatus status)
{
    if (status == firmwareBusy || status == firmwareThrottled)
        return {-EBUSY, FirmwareStatus::Success};
    return {-EIO, status};
}

std::string_view qemuText(FirmwareStatus status)
{
    const auto number = static_cast<std::uint32_t>(status);
    return number < std::size(texts) ? texts[number] : "unknown error";
}

std::string text(const KernelAnswer &answer)
{
    return "ret=" + std::to_string(answer.ret) + " fw_error=" + std::to_string(static_cast<std::uint32_t>(answer.status)) + " '"
        + std::string(qemuText(answer.status)) + "'";
}

std::string errorLine(std::string_view words, bool timestamps)
{
    std::string line;
    if (timestamps) {
        timespec now{};
        ::clock_gettime(CLOCK_REALTIME, &now);
        tm parts{};
        ::gmtime_r(&now.tv_sec, &parts);
        char date[32], micro[32];
        std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
        std::snprintf(micro, sizeof micro, ".%06ldZ ", now.tv_nsec / 1000);
        line = std::string(date) + micro;
    }
    line += "qemu-system-x86_64: ";
    line += words;
    line += '\n';
    return line;
}

void say(const Refusal &refusal, bool timestamps)
{
    for (const std::string &line : refusal.lines)
        (void)writeAll(2, asBytes(errorLine(line, timestamps)), "standard error");
}

void sayOwn(std::string_view words, bool timestamps)
{
    (void)writeAll(2, asBytes(errorLine("rehearsal: " + std::string(words), timestamps)), "standard error");
}

} // namespace kastellan::sev
