// SPDX-License-Identifier: Apache-2.0
#include "core/reports/redact.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace kastellan {
namespace {

constexpr std::size_t leastDigits = 16; // what a Turin's chip id has

bool isHex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
char lower(char c)
{
    return static_cast<char>(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
}

/// Certificates of one chip: of its keys, or with its id. What signed them is of a whole product line.
bool namesChip(std::string_view role)
{
    static constexpr std::array<std::string_view, 5> roles = {"vcek", "vlek", "pdh", "pek", "cek"};
    return std::ranges::contains(roles, role);
}

using Chips = std::vector<std::string>;

/// The chip by its identity, and as the certificates of its keys name it: those say it where the host masks it in the report.
Chips chipsOf(const EvidenceView &view, std::string_view identity)
{
    const std::size_t colon = identity.find(':');
    Chips chips{colon == std::string_view::npos ? std::string() : std::string(identity.substr(colon + 1))};
    for (const CertificateView &certificate : view.chain)
        if (namesChip(certificate.role))
            for (const auto &[name, value] : certificate.extensions)
                if (value.size() >= leastDigits && std::ranges::all_of(value, isHex))
                    chips.push_back(value);
    return chips;
}

void redact(std::string &text, const Chips &chips)
{
    for (const std::string &chip : chips)
        text = withoutChip(text, chip);
    // A host that is pinned to another processor than this names that one.
    constexpr std::string_view mark = "chip:";
    for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
        at += mark.size();
        const auto digits = std::ranges::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), isHex);
        const auto count = static_cast<std::size_t>(digits - text.begin()) - at;
        if (count >= leastDigits)
            text.replace(at, count, redactedChip);
    }
}

void redact(Appraisal &appraisal, const Chips &chips)
{
    redact(appraisal.sentence, chips);
    for (Finding &finding : appraisal.findings)
        for (std::string *text : {&finding.expected, &finding.actual, &finding.why, &finding.remedy})
            redact(*text, chips);
}

} // namespace

std::string withoutChip(std::string_view text, std::string_view chipHex)
{
    if (chipHex.size() < leastDigits)
        return std::string(text);
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t same = 0;
        while (same < chipHex.size() && at + same < text.size() && lower(text[at + same]) == lower(chipHex[same]))
            ++same;
        if (same < leastDigits) {
            result += text[at++];
            continue;
        }
        result += redactedChip;
        at += same;
        // The zeros behind a short id, in a field of full length, would tell its form and nothing else.
        while (at < text.size() && same == chipHex.size() && isHex(text[at]))
            ++at;
    }
    return result;
}

void redactChipId(Record &record, EvidenceView &view, Appraisal &today, std::string_view identity)
{
    const Chips chips = chipsOf(view, identity);
    redact(record.appraisal, chips);
    redact(today, chips);
    for (std::string *text : {&record.plan, &record.manifest, &record.notes, &record.expected.policy})
        redact(*text, chips);
    std::string gone;
    std::erase_if(record.evidence.endorsements, [&](const Endorsement &endorsement) {
        const bool names = namesChip(endorsement.role);
        if (names)
            gone += ", " + endorsement.role;
        return names;
    });
    record.evidence.report.clear();
    record.evidence.kind = "redacted";
    for (Field &field : view.fields) {
        redact(field.value, chips);
        redact(field.meaning, chips);
    }
    for (CertificateView &certificate : view.chain) {
        for (auto &[name, value] : certificate.extensions)
            redact(value, chips);
        if (namesChip(certificate.role))
            certificate.sha256 = redactedChip;
    }
    record.notes += (record.notes.empty() ? "" : " ")
        + std::string(
            "Redacted: the chip id was taken out of this export, and with it the raw report and the certificates that carry it (report")
        + gone + "). The signature of the report cannot be checked from this export; the findings are what was found before.";
}

} // namespace kastellan
