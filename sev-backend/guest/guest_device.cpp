// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/guest/guest_device.h"

#include "sev-backend/abi/guest_message.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <linux/sev-guest.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

namespace kastellan::sev {
namespace {

constexpr const char *getReport = "get an attestation report from the firmware";
constexpr const char *getKey = "get a derived key from the firmware";
constexpr std::uint32_t noFirmwareCall = 0xffffffff; // SEV_RET_NO_FW_CALL: the driver did not ask
constexpr std::size_t page = 4096, certificatesLimit = std::size_t{1} << 20;

/// Whole pages of our own: the driver wants the certificates' place aligned.
class Pages {
public:
    explicit Pages(std::size_t size)
        : m_size(size)
        , m_address(size ? ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) : MAP_FAILED)
    {
    }
    ~Pages()
    {
        if (m_address != MAP_FAILED)
            ::munmap(m_address, m_size);
    }
    Pages(const Pages &) = delete;
    Pages &operator=(const Pages &) = delete;
    [[nodiscard]] bool valid() const { return m_size == 0 || m_address != MAP_FAILED; }
    [[nodiscard]] std::uint64_t address() const { return m_address == MAP_FAILED ? 0 : reinterpret_cast<std::uint64_t>(m_address); }
    [[nodiscard]] ByteView view() const
    {
        return m_address == MAP_FAILED ? ByteView() : ByteView(static_cast<const std::uint8_t *>(m_address), m_size);
    }

private:
    std::size_t m_size;
    void *m_address;
};

/// The pages of a table up to the last one that holds something; empty when there is none.
Bytes trimmed(ByteView table)
{
    std::size_t size = table.size();
    while (size > 0 && table[size - 1] == 0)
        --size;
    return toBytes(table.first(std::min(table.size(), (size + page - 1) / page * page)));
}

std::unexpected<Error> refused(const char *what, const std::string &where, FirmwareStatus status)
{
    const StatusText text = describe(status);
    return fail(ErrorKind::Negative, what, where, "the firmware answered " + std::string(text.name) + ": " + std::string(text.explanation),
        std::string(text.remedy));
}

} // namespace

GuestDevice::GuestDevice(Fd device, std::filesystem::path path, const GuestPatience &patience)
    : m_device(std::move(device))
    , m_path(std::move(path))
    , m_patience(patience)
{
}

Result<std::unique_ptr<GuestDevice>> GuestDevice::open(const GuestPatience &patience, const std::filesystem::path &path)
{
    constexpr const char *what = "open the guest's SEV device";
    Fd device(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!device && (errno == ENOENT || errno == ENXIO || errno == ENODEV))
        return environment(what, path.string(), "it is not there",
            "In a guest under SEV-SNP, load the driver: modprobe sev-guest. Elsewhere there is none.");
    if (!device && (errno == EACCES || errno == EPERM))
        return environment(what, path.string(), "this user may not open it", "Run as root, or give the user access with a udev rule.");
    if (!device)
        return systemError(what, path.string(), errno);
    return std::unique_ptr<GuestDevice>(new GuestDevice(std::move(device), path, patience));
}

GuestDevice::Asked GuestDevice::ask(std::uint32_t number, const void *request, void *response, const std::stop_token &stop) const
{
    Pauses pauses(m_patience);
    for (;;) {
        snp_guest_request_ioctl asked{};
        asked.msg_version = 1;
        asked.req_data = reinterpret_cast<std::uint64_t>(request);
        asked.resp_data = reinterpret_cast<std::uint64_t>(response);
        if (::ioctl(m_device.get(), number, &asked) == 0)
            return {};
        const Refusal refusal{errno, asked.fw_error, asked.vmm_error, false};
        if (refusal.error == EINTR)
            continue;
        // The driver holds the message and takes the same one again: nothing is lost by waiting. What the driver says of it differs from
        // kernel to kernel; the hypervisor's word does not.
        // ETIMEDOUT is the end: Linux has asked again for a minute by itself, and uses its key no more (ENOTTY from then on).
        const bool throttled = refusal.error != ETIMEDOUT && refusal.error != ENOTTY
            && (refusal.monitor == SNP_GUEST_VMM_ERR_BUSY || refusal.error == EAGAIN || refusal.error == EBUSY);
        if (!throttled)
            return std::unexpected(refusal);
        if (!pauses.wait(stop))
            return std::unexpected(Refusal{refusal.error, refusal.firmware, SNP_GUEST_VMM_ERR_BUSY, stop.stop_requested()});
    }
}

std::unexpected<Error> GuestDevice::explain(std::string_view what, const Refusal &refusal) const
{
    const std::string where = m_path.string();
    if (refusal.cancelled)
        return fail(ErrorKind::Cancelled, std::string(what), where, "it was stopped");
    if (refusal.error == ETIMEDOUT)
        return environment(std::string(what), where, "the hypervisor throttled the request until the driver gave up",
            "Linux does not use the guest's key any more after that: restart the guest, and ask less often.");
    if (refusal.monitor == SNP_GUEST_VMM_ERR_BUSY && refusal.error != ENOTTY)
        return environment(std::string(what), where, "the hypervisor throttles the guest's requests and did not let one through in time",
            "Ask less often; the host says how often it may be.");
    if (refusal.error == ENOTTY)
        return environment(std::string(what), where, "the driver has given up its key, or knows no such request",
            "After a message that went wrong, Linux uses the key no more: restart the guest.");
    if (refusal.error == EIO && refusal.firmware != 0 && refusal.firmware != noFirmwareCall)
        return refused(std::string(what).c_str(), where, static_cast<FirmwareStatus>(refusal.firmware));
    return systemError(std::string(what), where, refusal.error);
}

Result<GuestReport> GuestDevice::report(const GuestQuestion &question, const std::stop_token &stop)
{
    if (question.certificates)
        return extended(question, stop);
    ReportRequest request;
    request.reportData = question.data;
    request.vmpl = question.vmpl;
    const auto encoded = request.encode();
    std::array<std::uint8_t, ReportResponse::size> answer{};
    if (const Asked asked = ask(SNP_GET_REPORT, encoded.data(), answer.data(), stop); !asked)
        return explain(getReport, asked.error());
    KASTELLAN_ASSIGN(auto response, ReportResponse::decode(answer));
    if (response.status != FirmwareStatus::Success)
        return refused(getReport, m_path.string(), response.status);
    return GuestReport{std::move(response.report), {}};
}

Result<GuestReport> GuestDevice::extended(const GuestQuestion &question, const std::stop_token &stop) const
{
    ReportRequest request;
    request.reportData = question.data;
    request.vmpl = question.vmpl;
    const auto encoded = request.encode();
    static_assert(sizeof(snp_report_req) == ReportRequest::size);
    std::size_t size = 4 * page; // what hosts mostly need; the first answer says more
    for (int tries = 0; tries < 4; ++tries) {
        const Pages certificates(size);
        if (!certificates.valid())
            return systemError(getReport, "memory for certificates", ENOMEM);
        snp_ext_report_req extended{};
        std::memcpy(&extended.data, encoded.data(), encoded.size());
        extended.certs_address = certificates.address();
        extended.certs_len = static_cast<std::uint32_t>(size);
        std::array<std::uint8_t, ReportResponse::size> answer{};
        const Asked asked = ask(SNP_GET_EXT_REPORT, &extended, answer.data(), stop);
        if (!asked && asked.error().monitor == SNP_GUEST_VMM_ERR_INVALID_LEN) {
            const std::size_t needed = (std::size_t{extended.certs_len} + page - 1) / page * page;
            if (needed <= size || needed > certificatesLimit)
                return environment(getReport, m_path.string(),
                    "the host wants " + std::to_string(extended.certs_len) + " bytes for its certificates, where " + std::to_string(size)
                        + " do not do",
                    "The report can be had without certificates; the key server has them.");
            size = needed; // the host may have got more certificates meanwhile: hence the loop
            continue;
        }
        if (!asked)
            return explain(getReport, asked.error());
        KASTELLAN_ASSIGN(auto response, ReportResponse::decode(answer));
        if (response.status != FirmwareStatus::Success)
            return refused(getReport, m_path.string(), response.status);
        return GuestReport{std::move(response.report), trimmed(certificates.view())};
    }
    return environment(getReport, m_path.string(), "the host's certificates grow with every question");
}

Result<KeyResponse> GuestDevice::derivedKey(const KeyRequest &request, const std::stop_token &stop)
{
    const Bytes encoded = request.encode();
    if (encoded.size() != sizeof(snp_derived_key_req))
        return badInput(getKey, m_path.string(), "Linux's driver passes no mitigation vector to the firmware");
    std::array<std::uint8_t, KeyResponse::size> answer{};
    const Asked asked = ask(SNP_GET_DERIVED_KEY, encoded.data(), answer.data(), stop);
    auto response = KeyResponse::decode(answer);
    ::explicit_bzero(answer.data(), answer.size());
    if (!asked)
        return explain(getKey, asked.error());
    if (response && response->status != FirmwareStatus::Success)
        return refused(getKey, m_path.string(), response->status);
    return response;
}

} // namespace kastellan::sev
