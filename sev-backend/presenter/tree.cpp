// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/presenter/tree.h"

#include <algorithm>
#include <charconv>

namespace kastellan::sev {
namespace {

constexpr std::string_view processorsFolder = "/dev/cpu";
constexpr std::string_view reportsFolder = "/sys/kernel/config/tsm/report";
// Above the reports: absent on a machine without configfs. /sys/kernel is everybody's.
constexpr std::string_view aboveReports[] = {"/sys/kernel/config", "/sys/kernel/config/tsm"};
// Minors of the "misc" devices are given out as drivers come; these are what a machine with both mostly has.
constexpr unsigned sevMinor = 124, guestMinor = 123;

std::optional<unsigned> number(std::string_view text)
{
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool plain = !text.empty() && (text.size() == 1 || text[0] != '0');
    return plain && error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

Node folder(const std::string &path, std::string report = {})
{
    return {Node::Kind::Folder, path, nullptr, 0, std::move(report), nullptr};
}

} // namespace

Tree::Tree(
    std::shared_ptr<EmulatedDevice> sev, std::shared_ptr<EmulatedDevice> guest, std::unique_ptr<ReportFolder> reports, unsigned processors)
    : m_sev(std::move(sev))
    , m_guest(std::move(guest))
    , m_processors(processors)
    , m_reports(std::move(reports))
{
}

std::string Tree::reportName(const std::string &path)
{
    if (!path.starts_with(reportsFolder) || path.size() <= reportsFolder.size() + 1 || path[reportsFolder.size()] != '/')
        return {};
    std::string name = path.substr(reportsFolder.size() + 1);
    return name.contains('/') ? std::string() : name;
}

std::optional<Node> Tree::find(const std::string &path) const
{
    if (path == "/dev/sev" && m_sev)
        return Node{Node::Kind::Device, path, m_sev, sevMinor, {}, nullptr};
    if (path == "/dev/sev-guest" && m_guest)
        return Node{Node::Kind::Device, path, m_guest, guestMinor, {}, nullptr};
    if (path.starts_with(processorsFolder)) {
        std::string_view rest = std::string_view(path).substr(processorsFolder.size());
        if (rest.empty())
            return folder(path);
        if (rest[0] != '/')
            return std::nullopt;
        rest.remove_prefix(1);
        const auto processor = number(rest.substr(0, rest.find('/')));
        if (!processor || *processor >= m_processors)
            return std::nullopt;
        if (!rest.contains('/'))
            return folder(path);
        return rest.ends_with("/msr") && std::ranges::count(rest, '/') == 1
            ? std::optional(Node{Node::Kind::Registers, path, nullptr, *processor, {}, nullptr})
            : std::nullopt;
    }
    if (!m_reports)
        return std::nullopt;
    if (path == reportsFolder || std::ranges::find(aboveReports, path) != std::end(aboveReports))
        return folder(path);
    if (!path.starts_with(reportsFolder))
        return std::nullopt;
    if (const std::string name = reportName(path); !name.empty())
        return m_reports->exists(name) ? std::optional(folder(path, name)) : std::nullopt;
    const std::size_t last = path.rfind('/');
    const std::string name = reportName(path.substr(0, last));
    const ReportAttribute *attribute = findReportAttribute(std::string_view(path).substr(last + 1));
    if (name.empty() || !attribute || !m_reports->exists(name))
        return std::nullopt;
    return Node{Node::Kind::Attribute, path, nullptr, 0, name, attribute};
}

std::vector<std::string> Tree::list(const Node &folder) const
{
    std::vector<std::string> names;
    if (folder.path == processorsFolder) {
        for (unsigned i = 0; i < m_processors; ++i)
            names.push_back(std::to_string(i));
    } else if (folder.path.starts_with(processorsFolder)) {
        names.emplace_back("msr");
    } else if (folder.path == aboveReports[0]) {
        names.emplace_back("tsm");
    } else if (folder.path == aboveReports[1]) {
        names.emplace_back("report");
    } else if (folder.path == reportsFolder) {
        names = m_reports->names();
    } else {
        for (const ReportAttribute &attribute : reportAttributes())
            names.emplace_back(attribute.name);
    }
    return names;
}

} // namespace kastellan::sev
