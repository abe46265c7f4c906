// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/appraisal/checks.h"
#include "sev-backend/appraisal/policy_section.h"

#include <algorithm>

namespace kastellan::sev {
namespace {

using workload::shown;
using workload::TomlTable;
using workload::TomlValue;
using Kind = TomlValue::Kind;
using Section = PolicySection;

constexpr std::uint64_t most32 = 0xffffffff;

constexpr std::pair<std::string_view, Product> productKeys[] = {
    {"milan", Product::Milan}, {"genoa", Product::Genoa}, {"turin", Product::Turin}};

Status readLevels(const Section &section, TcbFloors::Levels &levels)
{
    for (const std::string_view key : {"fmc", "bl", "tee", "snp", "ucode"}) {
        std::optional<std::uint8_t> level;
        KASTELLAN_TRY(section.number(key, level, 255));
        if (level)
            levels.emplace_back(*tcbPartFromName(key), *level);
    }
    return {};
}

Status readFloors(const Section &parent, std::string_view key, TcbFloors &floors)
{
    return parent.below(key, [&](const Section &section) -> Status {
        KASTELLAN_TRY(section.only({"fmc", "bl", "tee", "snp", "ucode", "milan", "genoa", "turin"}));
        KASTELLAN_TRY(readLevels(section, floors.general));
        for (const auto &[name, product] : productKeys) {
            if (const Status below = section.below(name,
                    [&](const Section &own) -> Status {
                        KASTELLAN_TRY(own.only({"fmc", "bl", "tee", "snp", "ucode"}));
                        if (product != Product::Turin && own.table().find("fmc"))
                            return own.table().refuse(own.table().find("fmc")->line, "there is no 'fmc' before Turin");
                        TcbFloors::Levels levels;
                        KASTELLAN_TRY(readLevels(own, levels));
                        floors.products.emplace_back(product, std::move(levels));
                        return {};
                    });
                !below)
                return below;
        }
        return {};
    });
}

Status checkRoot(const std::string &root)
{
    constexpr std::string_view prefix = "emulated:";
    const std::string_view digits = std::string_view(root).substr(std::min(prefix.size(), root.size()));
    const bool emulated = root.starts_with(prefix) && digits.size() == 64
        && std::ranges::all_of(digits, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    if (root == "amd" || emulated)
        return {};
    return badInput(
        {}, {}, "'" + shown(root) + "' is no root", "Give \"amd\", or \"emulated:\" and the 64 hex digits of an emulated root.");
}

Status readTop(const Section &top, Policy &policy)
{
    std::optional<std::uint64_t> version;
    KASTELLAN_TRY(top.number("version", version, most32));
    if (!version)
        return badInput({}, std::string(), "it has no 'version'", "Begin it with: version = 1");
    if (*version != static_cast<std::uint64_t>(Policy::formatVersion))
        return top.table().refuse(top.table().find("version")->line,
            "it is of version " + std::to_string(*version) + ", and 1 is known here", "Update this program.");
    KASTELLAN_TRY(top.table().string("name", policy.name));
    if (const auto *root = top.table().find("root"); root && root->value.kind != Kind::String)
        return top.table().wrongType(*root, "a text");
    KASTELLAN_TRY(top.texts("root", [&](const std::string &text) {
        policy.root = text;
        return checkRoot(text);
    }));
    KASTELLAN_TRY(top.flag("strict", policy.strict));
    std::vector<std::string_view> advisory, others;
    for (const auto *check : allChecks())
        (check->required ? others : advisory).push_back(check->id);
    KASTELLAN_TRY(top.choices(
        "require", advisory, [&](std::size_t at) { policy.require.emplace_back(advisory[at]); },
        [&](std::string_view text) {
            return std::ranges::contains(others, text) ? "'" + std::string(text) + "' is required without being named" : std::string();
        }));
    KASTELLAN_TRY(top.choices(
        "products", {"Milan", "Genoa", "Turin"}, [&](std::size_t at) { policy.products.push_back(productKeys[at].second); },
        [](std::string_view text) {
            return text == "Bergamo" || text == "Siena" ? "'" + std::string(text) + "' answers to 'Genoa': name that" : std::string();
        }));
    KASTELLAN_TRY(top.numbers("steppings", policy.steppings, 255));
    KASTELLAN_TRY(top.choices(
        "signing_key", {"vcek", "vlek"}, [&](std::size_t at) { policy.signingKey = at == 0 ? SigningKey::Vcek : SigningKey::Vlek; }));
    return top.texts("csp_ids", [&](const std::string &text) -> Status {
        if (text.empty())
            return badInput({}, {}, "it is empty");
        policy.cspIds.push_back(text);
        return {};
    });
}

Status readReport(const Section &section, Policy &policy)
{
    KASTELLAN_TRY(section.only({"minimum_version", "vmpl", "report_data", "host_data", "report_ids", "migration_agent_ids", "chip_ids"}));
    auto &report = policy.report;
    KASTELLAN_TRY(section.number("minimum_version", report.minimumVersion, most32));
    KASTELLAN_TRY(section.numbers("vmpl", report.vmpls, 3));
    KASTELLAN_TRY(section.fixed("report_data", report.data));
    KASTELLAN_TRY(section.fixed("host_data", report.hostData));
    KASTELLAN_TRY(section.fixed("report_ids", report.ids));
    KASTELLAN_TRY(section.fixed("migration_agent_ids", report.agentIds));
    return section.fixed("chip_ids", report.chipIds, 8);
}

Status readLaunch(const Section &section, Policy &policy)
{
    KASTELLAN_TRY(section.only({"digests", "denied_digests", "family_ids", "image_ids", "minimum_guest_svn"}));
    auto &launch = policy.launch;
    KASTELLAN_TRY(section.fixed("digests", launch.digests));
    KASTELLAN_TRY(section.fixed("denied_digests", launch.denied));
    KASTELLAN_TRY(section.fixed("family_ids", launch.familyIds));
    KASTELLAN_TRY(section.fixed("image_ids", launch.imageIds));
    return section.number("minimum_guest_svn", launch.minimumGuestSvn, most32);
}

Status readBits(const Section &top, Policy &policy)
{
    const auto read = [](const Section &section, std::span<const FlagBit> all, std::uint64_t permissive, std::uint64_t protective,
                          std::optional<std::uint64_t> &allowed, std::uint64_t &required) -> Status {
        const auto *entry = section.table().find("allowed");
        if (entry) {
            allowed = 0;
            // "Nothing of it" is something to say here, and only here.
            if (entry->value.kind != Kind::Array || !entry->value.array.empty())
                KASTELLAN_TRY(section.bits("allowed", all, permissive, "required", *allowed));
        }
        return section.bits("required", all, protective, "allowed", required);
    };
    if (const Status below = top.below("guest_policy",
            [&](const Section &section) -> Status {
                KASTELLAN_TRY(section.only({"minimum_abi", "allowed", "required"}));
                std::vector<std::uint8_t> abi;
                KASTELLAN_TRY(section.version("minimum_abi", 2, abi));
                if (!abi.empty())
                    policy.guestPolicy.minimumAbi = {abi[0], abi[1]};
                return read(section, GuestPolicy::bits(), maskOf(permissiveBits), maskOf(protectiveBits), policy.guestPolicy.allowed,
                    policy.guestPolicy.required);
            });
        !below)
        return below;
    return top.below("platform_info", [&](const Section &section) -> Status {
        KASTELLAN_TRY(section.only({"allowed", "required"}));
        return read(section, PlatformInfo::bits(), maskOf(permissivePlatformBits), maskOf(protectivePlatformBits),
            policy.platformInfo.allowed, policy.platformInfo.required);
    });
}

Status readFirmware(const Section &top, Policy &policy)
{
    if (const Status below = top.below("tcb",
            [&](const Section &section) -> Status {
                KASTELLAN_TRY(section.only({"minimum", "minimum_committed", "minimum_current", "minimum_launch"}));
                KASTELLAN_TRY(readFloors(section, "minimum", policy.tcb.minimum));
                KASTELLAN_TRY(readFloors(section, "minimum_committed", policy.tcb.committed));
                KASTELLAN_TRY(readFloors(section, "minimum_current", policy.tcb.current));
                return readFloors(section, "minimum_launch", policy.tcb.launch);
            });
        !below)
        return below;
    if (const Status below = top.below("firmware",
            [&](const Section &section) -> Status {
                KASTELLAN_TRY(section.only({"minimum_version", "minimum_build", "allow_provisional"}));
                std::vector<std::uint8_t> parts;
                KASTELLAN_TRY(section.version("minimum_version", 3, parts));
                if (!parts.empty())
                    policy.firmware.minimumVersion = {
                        .build = parts.size() > 2 ? parts[2] : std::uint8_t{0}, .minor = parts[1], .major = parts[0]};
                KASTELLAN_TRY(section.number("minimum_build", policy.firmware.minimumBuild, 255));
                if (section.table().find("allow_provisional")) {
                    bool allowed = false;
                    KASTELLAN_TRY(section.flag("allow_provisional", allowed));
                    policy.firmware.allowProvisional = allowed;
                }
                return {};
            });
        !below)
        return below;
    return top.below("mitigations", [&](const Section &section) -> Status {
        KASTELLAN_TRY(section.only({"launch", "current"}));
        KASTELLAN_TRY(section.word("launch", policy.mitigations.launch));
        return section.word("current", policy.mitigations.current);
    });
}

Status readIdBlock(const Section &section, Policy &policy)
{
    KASTELLAN_TRY(
        section.only({"required", "author_required", "author_vouches", "id_keys", "author_keys", "denied_id_keys", "denied_author_keys"}));
    auto &block = policy.idBlock;
    KASTELLAN_TRY(section.flag("required", block.required));
    KASTELLAN_TRY(section.flag("author_required", block.authorRequired));
    KASTELLAN_TRY(section.flag("author_vouches", block.authorVouches));
    const auto keys = [&](std::string_view key, std::vector<KeyDigest> &target) {
        return section.texts(key, [&](const std::string &text) -> Status {
            KASTELLAN_ASSIGN(const KeyDigest digest, keyDigestFrom(text));
            target.push_back(digest);
            return {};
        });
    };
    KASTELLAN_TRY(keys("id_keys", block.idKeys));
    KASTELLAN_TRY(keys("author_keys", block.authorKeys));
    KASTELLAN_TRY(keys("denied_id_keys", block.deniedIdKeys));
    return keys("denied_author_keys", block.deniedAuthorKeys);
}

Result<Policy> read(std::string_view text, std::string_view name)
{
    KASTELLAN_ASSIGN(const TomlValue root, workload::parseToml(text, name));
    const Section top{TomlTable(root, name)};
    KASTELLAN_TRY(top.only({"version", "name", "root", "strict", "require", "products", "steppings", "signing_key", "csp_ids", "report",
        "launch", "guest_policy", "platform_info", "tcb", "firmware", "id_block", "mitigations"}));
    Policy policy;
    KASTELLAN_TRY(readTop(top, policy));
    KASTELLAN_TRY(top.below("report", [&](const Section &section) { return readReport(section, policy); }));
    KASTELLAN_TRY(top.below("launch", [&](const Section &section) { return readLaunch(section, policy); }));
    KASTELLAN_TRY(readBits(top, policy));
    KASTELLAN_TRY(readFirmware(top, policy));
    KASTELLAN_TRY(top.below("id_block", [&](const Section &section) { return readIdBlock(section, policy); }));
    return policy;
}

} // namespace

Result<Policy> Policy::parse(std::string_view text, std::string_view name)
{
    auto policy = read(text, name);
    if (!policy) {
        Error error = std::move(policy).error();
        error.what = "read the policy";
        if (error.where.empty())
            error.where = name;
        return std::unexpected(std::move(error));
    }
    return policy;
}

} // namespace kastellan::sev
