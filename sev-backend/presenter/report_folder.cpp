// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/presenter/report_folder.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

namespace kastellan::sev {
namespace {

using Id = ReportAttribute::Id;
constexpr auto attributes = std::to_array<ReportAttribute>({
    {Id::InBlob, "inblob", false, true},
    {Id::OutBlob, "outblob", true, false},
    {Id::AuxBlob, "auxblob", true, false},
    {Id::Provider, "provider", true, false},
    {Id::Generation, "generation", true, false},
    {Id::PrivilegeLevel, "privlevel", false, true},
    {Id::PrivilegeFloor, "privlevel_floor", true, false},
});
constexpr std::size_t inBlobLimit = 64; // TSM_REPORT_INBLOB_MAX
constexpr std::uint32_t highestLevel = 3; // TSM_REPORT_PRIVLEVEL_MAX
constexpr std::uint64_t generationLimit = 0xffff'ffff;
constexpr std::size_t reportLimit = 64; // folders; a bound of ours

/// Decimal, hex or octal as kstrtouint(…, 0, …) reads it, with one line end.
std::optional<std::uint32_t> kernelNumber(std::string_view text)
{
    if (text.ends_with('\n'))
        text.remove_suffix(1);
    int base = 10;
    if (text.starts_with("0x") || text.starts_with("0X")) {
        base = 16;
        text.remove_prefix(2);
    } else if (text.size() > 1 && text[0] == '0') {
        base = 8;
    }
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    return !text.empty() && error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

Bytes line(const std::string &text)
{
    return toBytes(text + "\n");
}

} // namespace

std::span<const ReportAttribute> reportAttributes()
{
    return attributes;
}

const ReportAttribute *findReportAttribute(std::string_view name)
{
    const auto found = std::ranges::find(attributes, name, &ReportAttribute::name);
    return found == attributes.end() ? nullptr : &*found;
}

ReportFolder::ReportFolder(ReportFirmware firmware, std::uint32_t privilegeFloor)
    : m_firmware(std::move(firmware))
    , m_floor(privilegeFloor)
{
}

int ReportFolder::make(const std::string &name)
{
    const std::scoped_lock lock(m_mutex);
    if (name.size() > 255)
        return ENAMETOOLONG;
    if (m_reports.contains(name))
        return EEXIST;
    if (m_reports.size() >= reportLimit)
        return ENOMEM;
    m_reports.emplace(name, std::make_shared<Report>());
    return 0;
}

int ReportFolder::remove(const std::string &name)
{
    const std::scoped_lock lock(m_mutex);
    return m_reports.erase(name) ? 0 : ENOENT;
}

bool ReportFolder::exists(const std::string &name) const
{
    return find(name) != nullptr;
}

std::vector<std::string> ReportFolder::names() const
{
    const std::scoped_lock lock(m_mutex);
    std::vector<std::string> names;
    for (const auto &[name, report] : m_reports)
        names.push_back(name);
    return names;
}

std::shared_ptr<ReportFolder::Report> ReportFolder::find(const std::string &name) const
{
    const std::scoped_lock lock(m_mutex);
    const auto found = m_reports.find(name);
    return found == m_reports.end() ? nullptr : found->second;
}

std::expected<Bytes, int> ReportFolder::read(const std::string &name, Id attribute)
{
    const auto report = find(name);
    if (!report)
        return std::unexpected(ENOENT);
    const std::scoped_lock lock(report->asking);
    switch (attribute) {
    case Id::Provider:
        return line("sev_guest");
    case Id::Generation:
        return line(std::to_string(report->written));
    case Id::PrivilegeFloor:
        return line(std::to_string(m_floor));
    case Id::OutBlob:
    case Id::AuxBlob:
        if (const int error = refresh(*report))
            return std::unexpected(error);
        return attribute == Id::OutBlob ? report->outBlob : report->auxBlob;
    case Id::InBlob:
    case Id::PrivilegeLevel:
        break;
    }
    return std::unexpected(EACCES);
}

int ReportFolder::write(const std::string &name, Id attribute, ByteView bytes, bool append)
{
    const auto report = find(name);
    if (!report)
        return ENOENT;
    const std::scoped_lock lock(report->asking);
    // The generation must not come around to one that was answered: the driver refuses that, too.
    if (report->written == generationLimit)
        return EBUSY;
    if (attribute == Id::PrivilegeLevel) {
        const auto level = kernelNumber(asText(bytes));
        if (!level || *level < m_floor || *level > highestLevel)
            return EINVAL;
        report->privilegeLevel = level;
    } else if (attribute == Id::InBlob) {
        if (bytes.size() + (append ? report->inBlob.size() : 0) > inBlobLimit)
            return EFBIG;
        if (!append)
            report->inBlob.clear();
        report->inBlob.insert(report->inBlob.end(), bytes.begin(), bytes.end());
    } else {
        return EACCES;
    }
    ++report->written;
    return 0;
}

int ReportFolder::refresh(Report &report)
{
    if (report.inBlob.empty())
        return EINVAL;
    if (report.answered != 0 && report.answered == report.written)
        return 0;

    auto answer = m_firmware(report.inBlob, report.privilegeLevel.value_or(m_floor));
    if (!answer)
        return answer.error();
    report.outBlob = std::move(answer->report);
    report.auxBlob = std::move(answer->certificates);
    report.answered = report.written;
    return 0;
}

} // namespace kastellan::sev
