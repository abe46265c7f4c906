// SPDX-License-Identifier: Apache-2.0
#include "core/hosts/notices.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <format>
#include <functional>
#include <set>

namespace kastellan {

namespace {

using Kind = TrustNotice::Kind;

std::string dayOf(std::int64_t seconds)
{
    const std::chrono::sys_days day{std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds{std::chrono::seconds{seconds}})};
    return std::format("{:%Y-%m-%d}", day);
}

std::string inDays(std::int64_t seconds)
{
    const std::int64_t days = seconds / 86400;
    return days == 0 ? "within a day" : days == 1 ? "in 1 day" : "in " + std::to_string(days) + " days";
}

std::string upper(std::string text)
{
    std::ranges::transform(text, text.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return text;
}

std::string remedyFor(std::string_view role)
{
    if (role == "crl")
        return "Fetch the newest list: keepctl certs fetch --crl.";
    if (role == "vcek" || role == "vlek")
        return "Fetch it again for the processor and its present firmware: keepctl certs fetch.";
    if (role == "pdh" || role == "pek" || role == "oca")
        return "Make or import a new one: Actions of the host's page, or keepctl host --help.";
    return "Fetch AMD's present chain: keepctl certs fetch.";
}

/// Whether another certificate does the same and lasts longer, so that nobody has to care for this one.
bool isReplaced(const KnownCertificate &old, const std::vector<KnownCertificate> &all)
{
    return std::ranges::any_of(all, [&](const KnownCertificate &other) {
        return other.sha256 != old.sha256 && other.good && other.role == old.role && other.product == old.product && other.chip == old.chip
            && other.emulated == old.emulated && (other.role != "crl" || other.issuer == old.issuer) && other.notAfter > old.notAfter;
    });
}

class Notices {
public:
    explicit Notices(const NoticeInput &input)
        : m_input(input)
    {
    }

    std::vector<TrustNotice> all()
    {
        for (const KnownCertificate &certificate : m_input.certificates)
            ofStore(certificate);
        for (const PlatformView &platform : m_input.platforms)
            ofPlatform(platform);
        for (const RecordToday &record : m_input.records)
            ofRecord(record);
        std::ranges::stable_sort(m_found, std::ranges::greater{}, &TrustNotice::urgent);
        return std::move(m_found);
    }

private:
    void add(TrustNotice notice)
    {
        if (!std::ranges::contains(m_found, notice))
            m_found.push_back(std::move(notice));
    }

    /// A date that is near or past.
    void date(std::int64_t end, const std::string &what, const std::string &host, std::string_view role)
    {
        if (end == 0 || end > m_input.at + expiresSoon)
            return;
        if (end < m_input.at)
            add({Kind::Expired, true, host, {}, what + " ended on " + dayOf(end) + ".", remedyFor(role)});
        else
            add({Kind::Expires, false, host, {}, what + " ends " + inDays(end - m_input.at) + ", on " + dayOf(end) + ".", remedyFor(role)});
    }

    void ofStore(const KnownCertificate &certificate)
    {
        const std::string kind = certificate.emulated ? "The emulated " : "The ";
        if (certificate.state == "revoked") {
            add({Kind::Revoked, true, {}, {},
                kind + upper(certificate.role) + " " + certificate.title + " is revoked"
                    + (certificate.why.empty() ? "" : ": " + certificate.why) + ".",
                "Do not rely on evidence below it. keepctl evidence reappraise tells which records it turns bad."});
            return;
        }
        if (isReplaced(certificate, m_input.certificates))
            return;
        if (certificate.role == "crl") {
            if (certificate.notAfter != 0 && certificate.notAfter < m_input.at)
                add({Kind::ListOutOfDate, false, {}, {},
                    kind + "revocation list " + certificate.title + " should have been replaced on " + dayOf(certificate.notAfter)
                        + ": a newer revocation would go unseen.",
                    remedyFor("crl")});
            return;
        }
        date(certificate.notAfter, kind + upper(certificate.role) + " " + certificate.title + " of the certificate store", {},
            certificate.role);
    }

    void ofPlatform(const PlatformView &platform)
    {
        std::set<std::string> seen;
        for (const auto *chain : {&platform.reports, &platform.ownership})
            for (const CertificateView &certificate : *chain) {
                if (!seen.insert(certificate.sha256.empty() ? certificate.subject : certificate.sha256).second)
                    continue;
                const std::string what = "The platform's " + upper(certificate.role);
                const auto known = std::ranges::find(m_input.certificates, certificate.sha256, &KnownCertificate::sha256);
                if (!certificate.sha256.empty() && known != m_input.certificates.end() && known->state == "revoked")
                    add({Kind::Revoked, true, platform.host, {}, what + " is revoked by a list of the certificate store.",
                        "Keeps of this host cannot be trusted until the platform has another one."});
                else
                    date(shownDate(certificate.notAfter), what, platform.host, certificate.role);
            }
        for (const HostFloor &floor : m_input.floors)
            if (floor.host == platform.host)
                ofLevels(platform, floor);
    }

    void ofLevels(const PlatformView &platform, const HostFloor &floor)
    {
        const auto reported = std::ranges::find_if(platform.tcb, [](const TcbColumn &column) { return column.name == "reported"; });
        if (reported == platform.tcb.end())
            return;
        std::string low;
        for (const auto &[level, least] : floor.minimum) {
            const auto has = std::ranges::find(reported->levels, level, &TcbLevel::name);
            if (has != reported->levels.end() && has->value < least)
                low += (low.empty() ? "" : ", ") + level + " " + std::to_string(has->value) + " of " + std::to_string(least);
        }
        if (!low.empty())
            below(platform.host, {}, "The platform reports older firmware than " + floor.from + " asked for: " + low + ".");
    }

    void ofRecord(const RecordToday &record)
    {
        const auto failed = [&](std::string_view id) -> const Finding * {
            const auto at = std::ranges::find(record.now.findings, id, &Finding::id);
            return at != record.now.findings.end() && at->outcome == Outcome::Fail ? &*at : nullptr;
        };
        const std::string keep = "keep “" + record.keepName + "”";
        if (const Finding *floor = failed("tcb.minimum"); floor && (record.runs || record.newest))
            below(record.host, record.record,
                "The evidence of " + keep + " is below the minimum firmware levels: " + floor->actual + ", and " + floor->expected
                    + " is wanted.");
        if (const Finding *revoked = failed("chain.crl"); revoked && record.runs)
            add({Kind::Revoked, true, record.host, record.record,
                "A certificate behind the evidence of " + keep + ", which runs, is revoked: " + revoked->actual + ".",
                "Stop the keep: its proof does not hold any more."});
        else if (record.runs && rank(record.now.verdict) < rank(record.then.verdict) && !failed("tcb.minimum"))
            add({Kind::TurnedBad, true, record.host, record.record,
                "The evidence of " + keep + ", which runs, does not hold today: " + record.now.sentence,
                "Attest it again, and stop it if that fails."});
    }

    void below(const std::string &host, const std::string &record, std::string sentence)
    {
        add({Kind::BelowFloor, true, host, record, std::move(sentence),
            "Update the host's firmware, commit it, and attest its keeps again."});
    }

    static int rank(Verdict verdict)
    {
        return verdict == Verdict::Trusted ? 3 : verdict == Verdict::Authentic ? 2 : verdict == Verdict::Undecided ? 1 : 0;
    }

    const NoticeInput &m_input;
    std::vector<TrustNotice> m_found;
};

} // namespace

std::string_view name(TrustNotice::Kind kind)
{
    switch (kind) {
    case Kind::Expires:
        return "expires";
    case Kind::Expired:
        return "expired";
    case Kind::Revoked:
        return "revoked";
    case Kind::ListOutOfDate:
        return "out of date";
    case Kind::BelowFloor:
        return "below the floor";
    case Kind::TurnedBad:
        return "turned bad";
    }
    return "";
}

std::int64_t shownDate(std::string_view text)
{
    const auto number = [&](std::size_t from, std::size_t digits) -> int {
        int value = -1;
        if (text.size() < from + digits)
            return -1;
        const char *begin = text.data() + from, *end = begin + digits;
        return std::from_chars(begin, end, value).ptr == end && *begin != '-' ? value : -1;
    };
    if (text.size() < 10 || text[4] != '-' || text[7] != '-')
        return 0;
    const int year = number(0, 4), month = number(5, 2), day = number(8, 2);
    const std::chrono::year_month_day date{
        std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)}, std::chrono::day{static_cast<unsigned>(day)}};
    if (year < 1970 || month < 1 || day < 1 || !date.ok())
        return 0;
    std::int64_t seconds = std::chrono::sys_days{date}.time_since_epoch() / std::chrono::seconds{1};
    if (text.size() >= 19 && text[13] == ':' && text[16] == ':') {
        const int hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
        if (hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 61)
            seconds += hour * 3600 + minute * 60 + second;
    }
    return seconds;
}

std::vector<TrustNotice> trustNotices(const NoticeInput &input)
{
    return Notices(input).all();
}

} // namespace kastellan
