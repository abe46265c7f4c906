// SPDX-License-Identifier: Apache-2.0
// SNP attestation reports: raw, as drivers and hypervisors wrap them, and with a certificate table behind.
#include "core/base/digest.h"
#include "sev-backend/abi/guest_message.h"
#include "sev-backend/abi/report.h"
#include "sev-backend/certificates/ghcb_table.h"
#include "sev-backend/intake/parts.h"

#include <algorithm>

namespace kastellan::sev::intake {
namespace {

constexpr std::size_t reportSize = ReportView::size, head = ReportResponse::reportOffset;

bool isReport(ByteView bytes)
{
    return bytes.size() >= reportSize && reportMarks(bytes).likely();
}

/// What stands behind a report: nothing, padding, a certificate table, or something that is named.
void lookBehind(Looker &looker, const Part &part, std::size_t end)
{
    if (end >= part.bytes.size())
        return;
    const Part rest = part.at(end, part.bytes.size() - end);
    if (allZero(rest.bytes) || lookTable(looker, rest) || lookDer(looker, rest))
        return;
    looker.unknown(rest, std::to_string(rest.bytes.size()) + " bytes behind the report are neither zeros nor certificates");
}

/// Azure's vTPM NV index 0x01400001: HCLA header of 32 bytes, the report, then the runtime data that report_data binds.
bool lookHcl(Looker &looker, const Part &part)
{
    constexpr std::string_view magic = "HCLA";
    constexpr std::size_t data = head + reportSize, dataHeader = 20;
    if (!asText(part.bytes).starts_with(magic))
        return false;
    if (part.bytes.size() < data) {
        looker.reason("it begins as an Azure HCL blob and ends after " + std::to_string(part.bytes.size()) + " bytes, within the report");
        return false;
    }
    const Part report = part.at(head, reportSize);
    if (!isReport(report.bytes)) {
        looker.reason("it is an Azure HCL blob, and what it holds at 0x20 is no SNP attestation report");
        return false;
    }
    std::string binding;
    if (part.bytes.size() >= data + dataHeader) {
        const auto type = loadLe<std::uint32_t>(part.bytes, data + 12);
        const std::size_t size = loadLe<std::uint32_t>(part.bytes, data + 16);
        if (size > 0 && size <= part.bytes.size() - data - dataHeader) {
            const ByteView runtime = part.bytes.subspan(data + dataHeader, size);
            const ByteView bound = ReportView::from(report.bytes)->bytes().subspan(report_offset::reportData, 64);
            const auto is = [&](ByteView digest) { return std::ranges::equal(bound.first(digest.size()), digest); };
            const bool good = (type == 1 && is(sha256(runtime).view())) || (type == 2 && is(sha384(runtime).view()))
                || (type == 3 && is(sha512(runtime).view()));
            binding = good ? "; its report data binds the blob's runtime data" : "; its report data does NOT bind the blob's runtime data";
        }
    }
    looker.snpReport(report, report.bytes, "azure-hcl", reportWords(report.bytes) + " in an Azure HCL blob" + binding);
    return true;
}

/// Status, size, 24 reserved bytes, report: MSG_REPORT_RSP as the guest driver hands it out, mostly in a buffer of 4000 bytes.
bool lookResponse(Looker &looker, const Part &part)
{
    if (part.bytes.size() < head)
        return false;
    const auto status = loadLe<std::uint32_t>(part.bytes, 0), size = loadLe<std::uint32_t>(part.bytes, 4);
    if (!allZero(part.bytes.subspan(8, head - 8)))
        return false;
    if (status != 0 && size == 0 && part.bytes.size() == ReportResponse::size && allZero(part.bytes.subspan(head))) {
        looker.reason("it is a firmware response without a report: " + message(static_cast<FirmwareStatus>(status)));
        return false;
    }
    if (status != 0 || size != reportSize)
        return false;
    if (part.bytes.size() < head + reportSize) {
        looker.reason("it begins as a firmware response and ends after " + std::to_string(part.bytes.size()) + " bytes, within the report");
        return false;
    }
    const Part report = part.at(head, reportSize);
    if (!isReport(report.bytes)) {
        looker.reason("it is a firmware response, and what it holds at 0x20 is no SNP attestation report");
        return false;
    }
    looker.snpReport(report, report.bytes, "snp-response", reportWords(report.bytes) + " in the response of the guest driver");
    lookBehind(looker, part, head + reportSize);
    return true;
}

/// The ioctl's own structure before the response: message version, two addresses, the firmware's word (sev_guest UAPI).
bool lookIoctl(Looker &looker, const Part &part)
{
    constexpr std::size_t request = 32;
    if (part.bytes.size() < request + head + reportSize || part.bytes[0] != 1 || !allZero(part.bytes.subspan(1, 7)))
        return false;
    return lookResponse(looker, part.at(request, part.bytes.size() - request));
}

} // namespace

bool allZero(ByteView bytes)
{
    return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

Marks reportMarks(ByteView bytes)
{
    const auto report = *ReportView::from(bytes.first(reportSize));
    constexpr std::size_t number = 48, place = 72; // a P-384 number in the space of 72 bytes
    const bool marks[] = {
        report.versionKnown(),
        report.policy().has(GuestPolicy::MustBeOne) && (report.policy().raw() >> 32) == 0,
        report.vmpl() <= 3,
        report.signatureAlgorithm() == 1,
        allZero(bytes.subspan(report_offset::reserved4c, 4)),
        allZero(report.signatureR().subspan(number, place - number)) && allZero(report.signatureS().subspan(number, place - number)),
        allZero(bytes.subspan(report_offset::tail, reportSize - report_offset::tail)),
        !allZero(report.signatureR().first(number)) && !allZero(report.signatureS().first(number)),
    };
    return {static_cast<int>(std::ranges::count(marks, true)), static_cast<int>(std::size(marks))};
}

std::string reportWords(ByteView report)
{
    return "SNP attestation report, version " + std::to_string(loadLe<std::uint32_t>(report, 0));
}

bool lookSnp(Looker &looker, const Part &part)
{
    if (lookHcl(looker, part) || lookResponse(looker, part) || lookIoctl(looker, part))
        return true;
    if (isReport(part.bytes)) {
        const ByteView report = part.bytes.first(reportSize);
        looker.snpReport(part, report, "snp-report", reportWords(report));
        lookBehind(looker, part, reportSize);
        return true;
    }
    // A whole report's head without its end has a reason of its own.
    if (part.bytes.size() >= 8 && part.bytes.size() < reportSize) {
        const auto version = loadLe<std::uint32_t>(part.bytes, 0);
        const bool policy = part.bytes.size() < 16
            || (((loadLe<std::uint64_t>(part.bytes, 8) >> 17) & 1) != 0 && (loadLe<std::uint64_t>(part.bytes, 8) >> 32) == 0);
        if (version >= ReportView::oldestVersion && version <= ReportView::newestVersion && policy)
            looker.reason("it begins as an SNP attestation report and ends after " + std::to_string(part.bytes.size()) + " of "
                + std::to_string(reportSize) + " bytes");
    } else if (part.bytes.size() == reportSize && loadLe<std::uint32_t>(part.bytes, 0) <= 16) {
        looker.reason("it has the size of an SNP attestation report, and not its marks (version, policy, signature)");
    }
    return false;
}

bool lookScan(Looker &looker, const Part &part)
{
    if (part.bytes.size() < reportSize || part.bytes.size() > looker.limits().scan)
        return false;
    bool any = false;
    for (std::size_t at = 0; at + reportSize <= part.bytes.size(); ++at) {
        const ByteView here = part.bytes.subspan(at, reportSize);
        // The version is a small number and the privilege level too: few places pass.
        if (here[0] < 2 || here[0] > 5 || here[1] || here[2] || here[3] || here[0x34] != 1 || !reportMarks(here).sure())
            continue;
        const Part report = part.at(at, reportSize);
        looker.snpReport(report, here, "snp-report", reportWords(here) + ", found within a file of another form");
        any = true;
        at += reportSize - 1;
    }
    return any;
}

bool lookTable(Looker &looker, const Part &part)
{
    if (!looksLikeGhcbTable(part.bytes))
        return false;
    const auto entries = readGhcbTable(part.bytes.first(std::min(part.bytes.size(), ghcbTableLimit)));
    if (!entries) {
        looker.reason("it begins as a GHCB certificate table, and " + entries.error().why
            + (entries.error().where.empty() ? "" : " (" + entries.error().where + ")"));
        return false;
    }
    looker.found(part, part.bytes.size(), "ghcb-table", "GHCB certificate table with " + std::to_string(entries->size()) + " entries");
    for (const auto &entry : *entries) {
        const std::string_view role = ghcbRole(entry.guid);
        if (role == "platform-info" || !looker.spend(part, 1, entry.content.size()))
            continue;
        const Part object = part.derived(entry.content, "table entry " + std::string(role.empty() ? "of another GUID" : role));
        if (!lookDer(looker, object) && !lookPem(looker, object))
            looker.unknown(object, "it is neither a certificate nor a revocation list");
    }
    return true;
}

} // namespace kastellan::sev::intake
