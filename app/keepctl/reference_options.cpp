// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/reference_options.h"

#include "app/keepctl/expected_digest.h"
#include "core/base/file.h"
#include "sev-backend/appraisal/policy.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>

namespace kastellan::keepctl {
namespace {

constexpr const char *action = "understand the command line";

std::unexpected<Error> wrong(std::string_view option, std::string_view value, std::string why, std::string remedy = {})
{
    std::string shown(value.substr(0, 100));
    return badInput(action, "--" + std::string(option) + " " + shown, std::move(why), std::move(remedy));
}

/// Bytes as hex, or as base64 where they are not hex.
Result<Bytes> hexOrBase64(const Invocation &asked, std::string_view option)
{
    const std::string text = asked.value(option);
    if (auto bytes = fromHex(text))
        return bytes;
    if (auto bytes = fromBase64(text))
        return bytes;
    return wrong(option, text, "it is neither hex nor base64");
}

template <typename Fixed>
Result<Fixed> fixed(const Invocation &asked, std::string_view option)
{
    KASTELLAN_ASSIGN(const Bytes bytes, hexOrBase64(asked, option));
    if (bytes.size() != Fixed::size)
        return wrong(option, asked.value(option),
            "it has " + std::to_string(bytes.size()) + " bytes, and " + std::to_string(Fixed::size) + " are needed");
    return *Fixed::from(bytes, option);
}

/// HEX, or a file with the raw bytes. Up to 64 bytes; fewer stand at the beginning, with zeros behind, as guests fill the field.
Result<ReportData> reportData(const Invocation &asked)
{
    const std::string text = asked.value("report-data");
    Bytes bytes;
    if (auto hex = fromHex(text); hex && !hex->empty()) {
        bytes = std::move(*hex);
    } else {
        std::error_code error;
        if (!std::filesystem::exists(text, error))
            return wrong("report-data", text, "it is neither hex nor a file");
        KASTELLAN_ASSIGN(bytes, readFile(text, 4096));
        // A file of hex is read as what it says.
        if (bytes.size() > ReportData::size)
            if (auto hexFile = fromHex(asText(bytes)))
                bytes = std::move(*hexFile);
    }
    if (bytes.empty() || bytes.size() > ReportData::size)
        return wrong("report-data", text, "it has " + std::to_string(bytes.size()) + " bytes, and 1 to 64 are needed");
    bytes.resize(ReportData::size);
    return *ReportData::from(bytes, "report data");
}

Status minimumTcb(const Invocation &asked, ReferenceValues &expected)
{
    static constexpr std::array parts{"bl", "tee", "snp", "ucode", "fmc"};
    for (const std::string &given : asked.values("min-tcb")) {
        std::string_view rest = given;
        for (bool more = true; more;) {
            const auto comma = rest.find(',');
            const std::string_view one = rest.substr(0, comma);
            more = comma != std::string_view::npos;
            rest.remove_prefix(std::min(one.size() + 1, rest.size()));
            const auto equals = one.find('=');
            const std::string_view name = one.substr(0, equals);
            if (std::ranges::find(parts, name) == parts.end())
                return wrong("min-tcb", given, "'" + std::string(name) + "' is no part of a TCB",
                    "Parts are bl, tee, snp, ucode and fmc: snp=23,ucode=84.");
            const std::string_view number = equals == std::string_view::npos ? std::string_view() : one.substr(equals + 1);
            unsigned level = 0;
            const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), level);
            if (number.empty() || error != std::errc{} || end != number.data() + number.size() || level > 255)
                return wrong(
                    "min-tcb", given, "the level of '" + std::string(name) + "' is not a number from 0 to 255", "Write snp=23,ucode=84.");
            expected.minimumTcb.emplace_back(name, level);
        }
    }
    return {};
}

Status root(const Invocation &asked, ReferenceValues &expected)
{
    if (!asked.has("root"))
        return {};
    const std::string text = asked.value("root");
    constexpr std::string_view emulated = "emulated:";
    if (text != "amd") {
        const auto digest = text.starts_with(emulated) ? fromHex(text.substr(emulated.size())) : Result<Bytes>(Bytes());
        if (!digest || digest->size() != Sha256::size)
            return wrong("root", text, "it is neither 'amd' nor 'emulated:' and the 64 hex digits of an emulated root");
        expected.root = std::string(emulated) + toHex(*digest);
        return {};
    }
    expected.root = text;
    return {};
}

/// Whether the evidence ends in an emulated root: it must be called so whether or not that root was accepted.
bool isEmulated(
    const EvidenceBackend &backend, const Evidence &evidence, const std::vector<Finding> &findings, const ReferenceValues &expected)
{
    const auto root = std::ranges::find(findings, "root.kind", &Finding::id);
    if (root != findings.end() && root->outcome == Outcome::Pass)
        return expected.root.starts_with("emulated");
    const auto view = backend.describe(evidence);
    return view && std::ranges::any_of(view->chain, &CertificateView::emulated);
}

} // namespace

Result<std::int64_t> timeFrom(std::string_view text)
{
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error == std::errc{} && end == text.data() + text.size() && seconds >= 0)
        return seconds;
    int parts[6] = {};
    static constexpr std::size_t at[] = {0, 5, 8, 11, 14, 17}, size[] = {4, 2, 2, 2, 2, 2};
    constexpr std::string_view form = "0000-00-00T00:00:00Z";
    const std::size_t count = text.size() == 10 ? 3 : text.size() == form.size() ? 6 : 0;
    bool good = count > 0;
    for (std::size_t i = 0; i < text.size() && good; ++i) {
        const bool digit = text[i] >= '0' && text[i] <= '9';
        good = form[i] == '0' ? digit : text[i] == form[i] || (form[i] == 'T' && text[i] == ' ');
    }
    for (std::size_t i = 0; i < count && good; ++i)
        std::from_chars(text.data() + at[i], text.data() + at[i] + size[i], parts[i]);
    const std::chrono::year_month_day day{std::chrono::year(parts[0]), std::chrono::month(static_cast<unsigned>(parts[1])),
        std::chrono::day(static_cast<unsigned>(parts[2]))};
    if (!good || !day.ok() || parts[3] > 23 || parts[4] > 59 || parts[5] > 59)
        return wrong("at", text, "it is not a time", "Write 2026-11-23, 2026-11-23T14:00:00Z (UTC) or Unix seconds.");
    return std::int64_t{std::chrono::sys_days(day).time_since_epoch().count()} * 86400 + parts[3] * 3600 + parts[4] * 60 + parts[5];
}

Result<References> referencesFrom(const Invocation &asked)
{
    References references;
    ReferenceValues &expected = references.expected;
    if (asked.has("policy")) {
        const std::string file = asked.value("policy");
        KASTELLAN_ASSIGN(const Bytes text, readFile(file, sev::Policy::sizeLimit));
        KASTELLAN_ASSIGN(const auto policy, sev::Policy::parse(asText(text), file));
        expected.policy = asText(text);
        if (!policy.root.empty())
            expected.root = policy.root;
        references.overrides = policy.overrides();
    }
    KASTELLAN_TRY(root(asked, expected));
    if (asked.has("report-data")) {
        KASTELLAN_ASSIGN(expected.reportData, reportData(asked));
    }
    KASTELLAN_ASSIGN(const ExpectedDigest digest, expectedDigest(asked));
    expected.launchDigest = digest.snp;
    expected.shortLaunchDigest = digest.sev;
    if (asked.has("host-data")) {
        KASTELLAN_ASSIGN(expected.hostData, fixed<HostData>(asked, "host-data"));
    }
    KASTELLAN_TRY(minimumTcb(asked, expected));
    if (asked.has("vmpl")) {
        KASTELLAN_ASSIGN(const std::uint64_t level, asked.number("vmpl", 0, 3));
        expected.vmpl = static_cast<unsigned>(level);
    }
    expected.strict = asked.has("strict");
    if (asked.has("allow-debug")) {
        expected.allowDebug = true;
        references.overrides.emplace_back("--allow-debug");
    }
    references.at = std::time(nullptr);
    if (asked.has("at")) {
        KASTELLAN_ASSIGN(references.at, timeFrom(asked.value("at")));
    }
    return references;
}

Appraisal appraiseNow(const EvidenceBackend &backend, const Evidence &evidence, const References &references)
{
    Appraisal appraisal;
    appraisal.at = references.at;
    appraisal.overrides = references.overrides;
    appraisal.findings = backend.appraise(evidence, references.expected, references.at);
    appraisal.emulated = isEmulated(backend, evidence, appraisal.findings, references.expected);
    decide(appraisal);
    return appraisal;
}

} // namespace kastellan::keepctl
