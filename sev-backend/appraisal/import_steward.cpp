// SPDX-License-Identifier: Apache-2.0
#include "core/workload/text.h"
#include "core/workload/toml.h"
#include "sev-backend/appraisal/policy_import.h"

#include <charconv>
#include <optional>

namespace kastellan::sev {
namespace {

using workload::TomlTable;
using workload::TomlValue;

Status digests(const TomlTable &table, std::string_view key, auto &target)
{
    std::vector<std::string> texts;
    KASTELLAN_TRY(table.strings(key, texts));
    for (const auto &text : texts) {
        const auto bytes = fromHex(text);
        if (!bytes || bytes->size() != 48)
            return table.refuse(
                table.find(key)->line, "'" + table.full(key) + "' holds something that is no SHA-384 in hex: " + workload::shown(text, 40));
        target.push_back(*std::remove_reference_t<decltype(target)>::value_type::from(*bytes, key));
    }
    return {};
}

/// "1.51" of ">=1.51"; nothing for what is no version with major and minor.
std::optional<std::pair<unsigned, unsigned>> versionIn(std::string_view text)
{
    std::pair<unsigned, unsigned> version;
    const char *const end = text.data() + text.size();
    const auto major = std::from_chars(text.data(), end, version.first);
    if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.')
        return {};
    const auto minor = std::from_chars(major.ptr + 1, end, version.second);
    const std::string_view rest(minor.ptr, static_cast<std::size_t>(end - minor.ptr));
    if (minor.ec != std::errc() || (!rest.empty() && rest != ".0") || version.first > 255 || version.second > 255)
        return {};
    return version;
}

/// The requirement of a version as Cargo writes it: ">=1.51", "^1.51" and "1.51" are floors.
Status readAbi(const TomlTable &table, ImportedPolicy &result)
{
    std::string text;
    KASTELLAN_TRY(table.string("abi", text));
    if (text.empty() || text == "*")
        return {};
    std::string_view rest = text;
    const auto strip = [&rest] {
        while (!rest.empty() && rest.front() == ' ')
            rest.remove_prefix(1);
        while (!rest.empty() && rest.back() == ' ')
            rest.remove_suffix(1);
    };
    strip();
    const bool floorAlone = rest.starts_with(">=");
    rest.remove_prefix(floorAlone ? 2 : rest.starts_with("^") ? 1 : 0);
    strip();
    const auto version = versionIn(rest);
    if (!version)
        return table.refuse(table.find("abi")->line,
            "'" + table.full("abi") + "' is '" + workload::shown(text) + "', which is no floor of a version",
            "Write it as \">=1.51\": a policy here knows a least version and no other bound.");
    result.policy.guestPolicy.minimumAbi = version;
    if (!floorAlone)
        result.notes.push_back("snp.abi: '" + text + "' also bounds the version from above (below " + std::to_string(version->first + 1)
            + ".0); a policy here does not, and that part is not carried over");
    return {};
}

Status readFlags(const TomlTable &table, ImportedPolicy &result)
{
    auto &policy = result.policy;
    if (const auto *entry = table.find("policy_flags")) {
        std::vector<std::string> flags;
        KASTELLAN_TRY(table.strings("policy_flags", flags));
        GuestPolicy word;
        word = word.with(GuestPolicy::Smt, false);
        for (const auto &flag : flags) {
            if (flag == "Debug")
                word = word.with(GuestPolicy::Debug);
            else if (flag == "SMT")
                word = word.with(GuestPolicy::Smt);
            else if (flag == "SingleSocket")
                word = word.with(GuestPolicy::SingleSocket);
            else
                return table.refuse(
                    entry->line, "'" + workload::shown(flag) + "' is no flag of Steward", "Known are Debug, SMT and SingleSocket.");
        }
        policy.guestPolicy.allowed = word.raw() & maskOf(permissiveBits);
        policy.guestPolicy.required = word.raw() & maskOf(protectiveBits);
        result.notes.emplace_back("snp.policy_flags: Steward reads them and never compares them; here they are held to: at most these of "
                                  "Debug and SMT, and SingleSocket at least");
    }
    if (const auto *entry = table.find("platform_info_flags")) {
        std::string flag;
        KASTELLAN_TRY(table.string("platform_info_flags", flag));
        if (flag != "SME" && flag != "TSME")
            return table.refuse(entry->line, "'" + workload::shown(flag) + "' is no flag of Steward", "Known are SME and TSME.");
        const auto bit = flag == "SME" ? PlatformInfo::SmtEnabled : PlatformInfo::TsmeEnabled;
        policy.platformInfo.allowed = std::uint64_t{1} << bit;
        if (flag == "TSME")
            policy.platformInfo.required = std::uint64_t{1} << bit;
        result.notes.emplace_back(flag == "SME" ? "snp.platform_info_flags: 'SME' is bit 0, which says that SMT is on, whatever its name; "
                                                  "carried over as: at most smt. That all other bits have to be clear is not"
                                                : "snp.platform_info_flags: 'TSME' is carried over as: tsme required and smt and tio "
                                                  "refused. That all other bits have to be clear is not");
    }
    return {};
}

Status readSnp(const TomlTable &table, ImportedPolicy &result)
{
    KASTELLAN_TRY(table.onlyKeys(
        {"signer", "hash", "hash_blacklist", "id_key_digest", "id_key_digest_blacklist", "abi", "policy_flags", "platform_info_flags"}));
    auto &policy = result.policy;
    KASTELLAN_TRY(digests(table, "signer", policy.idBlock.authorKeys));
    KASTELLAN_TRY(digests(table, "hash", policy.launch.digests));
    KASTELLAN_TRY(digests(table, "hash_blacklist", policy.launch.denied));
    KASTELLAN_TRY(digests(table, "id_key_digest", policy.idBlock.idKeys));
    KASTELLAN_TRY(digests(table, "id_key_digest_blacklist", policy.idBlock.deniedIdKeys));
    policy.idBlock.authorRequired = !policy.idBlock.authorKeys.empty();
    policy.idBlock.required = policy.idBlock.authorRequired || !policy.idBlock.idKeys.empty();
    policy.idBlock.authorVouches = policy.idBlock.authorKeys.empty() || policy.idBlock.idKeys.empty(); // Steward wants both
    KASTELLAN_TRY(readAbi(table, result));
    return readFlags(table, result);
}

Result<ImportedPolicy> read(std::string_view text, std::string_view name)
{
    KASTELLAN_ASSIGN(const TomlValue root, workload::parseToml(text, name));
    const TomlTable top(root, name);
    KASTELLAN_TRY(top.onlyKeys({"snp", "sgx"}));
    ImportedPolicy result;
    result.policy.name = "imported from Enarx Steward";
    result.policy.root = "amd";
    KASTELLAN_ASSIGN(const TomlValue *snp, top.table("snp"));
    if (!snp)
        return badInput("read", std::string(name), "it has no table [snp], so it demands nothing of SNP evidence");
    KASTELLAN_TRY(readSnp(top.below(*snp, "snp"), result));
    if (const auto *sgx = top.find("sgx"))
        result.notes.push_back("sgx (line " + std::to_string(sgx->line) + "): not carried over; this program appraises AMD SEV alone");
    return result;
}

} // namespace

Result<ImportedPolicy> importSteward(std::string_view text, std::string_view name)
{
    auto result = read(text, name);
    if (!result) {
        Error error = std::move(result).error();
        error.what = "import the policy of Enarx Steward";
        return std::unexpected(std::move(error));
    }
    return result;
}

Result<ImportedPolicy> importPolicy(std::string_view text, std::string_view name)
{
    // A table header, or a '=' behind a key, tells TOML from a text proto, whose lists stand behind a name and whose values behind a ':'.
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        std::string_view line = text.substr(at, end - at);
        at = end + 1;
        const auto first = line.find_first_not_of(" \t\r");
        if (first == std::string_view::npos || line[first] == '#')
            continue;
        line.remove_prefix(first);
        const auto behindKey = line.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-. \t\"");
        const bool toml = line[0] == '[' || line.starts_with("snp") || line.starts_with("sgx")
            || (behindKey != std::string_view::npos && line[behindKey] == '=');
        return toml ? importSteward(text, name) : importGoSevGuest(text, name);
    }
    return badInput(
        "import a policy", std::string(name), "it is empty", "Give go-sev-guest's check.Config as a text proto, or Enarx Steward's TOML.");
}

} // namespace kastellan::sev
