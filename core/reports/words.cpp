// SPDX-License-Identifier: Apache-2.0
#include "core/reports/words.h"

#include <algorithm>
#include <ctime>
#include <format>

namespace kastellan::reports {

std::string utcText(std::int64_t seconds)
{
    const auto time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    if (!::gmtime_r(&time, &parts))
        return std::to_string(seconds) + " s since 1970";
    return std::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", parts.tm_year + 1900LL, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
        parts.tm_min, parts.tm_sec);
}

std::string capitalized(std::string_view text)
{
    std::string made(text);
    if (!made.empty() && made[0] >= 'a' && made[0] <= 'z')
        made[0] = static_cast<char>(made[0] - 'a' + 'A');
    return made;
}

std::string roleTitle(std::string_view role)
{
    if (role == "vcek")
        return "VCEK, Versioned Chip Endorsement Key";
    if (role == "vlek")
        return "VLEK, Versioned Loaded Endorsement Key";
    if (role == "ask")
        return "ASK, AMD SEV Signing Key";
    if (role == "asvk")
        return "ASVK, AMD SEV VLEK Signing Key";
    if (role == "ark")
        return "ARK, AMD Root Key";
    if (role == "pdh")
        return "PDH, Platform Diffie-Hellman Key";
    if (role == "pek")
        return "PEK, Platform Endorsement Key";
    if (role == "oca")
        return "OCA, Owner Certificate Authority";
    if (role == "cek")
        return "CEK, Chip Endorsement Key";
    return capitalized(role);
}

std::string shortened(std::string_view text, std::size_t characters)
{
    if (text.size() <= characters)
        return std::string(text);
    // Never in the middle of a character of UTF-8.
    while (characters && (static_cast<unsigned char>(text[characters]) & 0xc0) == 0x80)
        --characters;
    return std::string(text.substr(0, characters)) + "…";
}

bool holdsHex(std::string_view text)
{
    constexpr std::size_t leastDigits = 16;
    std::size_t digits = 0;
    for (const char c : text) {
        const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        digits = digit ? digits + 1 : 0;
        if (digits == leastDigits)
            return true;
    }
    return false;
}

std::string kindTitle(std::string_view kind)
{
    if (kind == "attest")
        return "Attested before delivery";
    if (kind == "deliver")
        return "Attested after delivery";
    if (kind == "reattest")
        return "Attested again while running";
    return capitalized(kind);
}

std::string meaning(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Trusted:
        return "The evidence is genuine and unmodified, and every value that the owner expected was compared and met. What runs in the "
               "keep is what was meant to run.";
    case Verdict::Authentic:
        return "The evidence is genuine and unmodified, but it was not fully compared with what should run. Somebody has to say what was "
               "expected before the keep can be trusted with more.";
    case Verdict::Undecided:
        return "Something that the verdict needs could not be found out. The keep was not trusted with anything, as if it had been "
               "refused.";
    case Verdict::Refused:
        break;
    }
    return "At least one check that had to pass has failed. The keep was not trusted with anything. The failed checks, and what to do "
           "about each, are listed below.";
}

std::string toPem(const Endorsement &endorsement)
{
    constexpr std::size_t columns = 64;
    const std::string label = endorsement.role == "crl" ? "X509 CRL" : "CERTIFICATE";
    const std::string base64 = toBase64(endorsement.der);
    std::string text = "-----BEGIN " + label + "-----\n";
    for (std::size_t i = 0; i < base64.size(); i += columns)
        text += base64.substr(i, columns) + "\n";
    return text + "-----END " + label + "-----\n";
}

} // namespace kastellan::reports
