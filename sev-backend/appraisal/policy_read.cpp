// SPDX-License-Identifier: Apache-2.0
#include "core/workload/text.h"
#include "core/workload/toml.h"
#include "sev-backend/appraisal/checks.h"
#include "sev-backend/appraisal/policy.h"

#include <algorithm>
#include <charconv>
#include <functional>

namespace kastellan::sev {
namespace {

using workload::shown;
using workload::TomlTable;
using workload::TomlValue;
using Kind = TomlValue::Kind;

constexpr std::uint64_t most32 = 0xffffffff;

/// Typed reads of one table; a key that is not there leaves the target as it is.
class Section {
public:
    explicit Section(TomlTable table)
        : m_table(std::move(table))
    {
    }
    [[nodiscard]] const TomlTable &table() const { return m_table; }
    [[nodiscard]] Status only(std::initializer_list<std::string_view> keys) const { return m_table.onlyKeys(keys); }

    template <typename T>
    Status number(std::string_view key, T &target, std::uint64_t most) const
    {
        const auto *entry = m_table.find(key);
        if (!entry)
            return {};
        KASTELLAN_ASSIGN(const std::uint64_t value, numberFrom(entry->value, key, most));
        target = static_cast<typename Target<T>::Type>(value);
        return {};
    }
    /// One number, or a list of them.
    template <typename T>
    Status numbers(std::string_view key, std::vector<T> &target, std::uint64_t most) const
    {
        return each(key, "a whole number, or a list of them", [&](const TomlValue &value) -> Status {
            KASTELLAN_ASSIGN(const std::uint64_t number, numberFrom(value, key, most));
            target.push_back(static_cast<T>(number));
            return {};
        });
    }
    Status flag(std::string_view key, bool &target) const
    {
        const auto *entry = m_table.find(key);
        if (!entry)
            return {};
        if (entry->value.kind != Kind::Boolean)
            return m_table.wrongType(*entry, "true or false");
        target = entry->value.boolean;
        return {};
    }
    /// A word (64 bits): a number, or a text in hex because TOML's numbers end at 63 bits.
    Status word(std::string_view key, std::uint64_t &target) const
    {
        const auto *entry = m_table.find(key);
        if (!entry)
            return {};
        if (entry->value.kind == Kind::Integer && entry->value.integer >= 0) {
            target = static_cast<std::uint64_t>(entry->value.integer);
            return {};
        }
        const std::string_view text = entry->value.text;
        if (entry->value.kind != Kind::String || !text.starts_with("0x"))
            return m_table.wrongType(*entry, "a whole number from 0 on, or a text as \"0x8000000000000001\"");
        const auto [end, error] = std::from_chars(text.data() + 2, text.data() + text.size(), target, 16);
        if (error != std::errc() || end != text.data() + text.size())
            return m_table.refuse(entry->line, "'" + m_table.full(key) + "' is no number of 64 bits: " + shown(text));
        return {};
    }
    /// One text, or a list of them, each given to `read`, which says what is wrong with it.
    Status texts(std::string_view key, const std::function<Status(const std::string &)> &read) const
    {
        return each(key, "a text, or a list of them", [&](const TomlValue &value) -> Status {
            if (value.kind != Kind::String)
                return m_table.refuse(value.line, "'" + m_table.full(key) + "' has to be a text, or a list of them");
            if (auto status = read(value.text); !status)
                return m_table.refuse(value.line, "'" + m_table.full(key) + "': " + status.error().why, status.error().remedy);
            return {};
        });
    }
    /// Values of fixed length in hex. `shorter`, if not 0, is a further length, filled up with zeros.
    template <typename Fixed>
    Status fixed(std::string_view key, std::vector<Fixed> &target, std::size_t shorter = 0) const
    {
        return texts(key, [&](const std::string &text) -> Status {
            auto bytes = fromHex(text);
            if (!bytes)
                return badInput({}, {}, "it is not hex: " + shown(text, 40));
            if (bytes->size() == shorter && shorter)
                bytes->resize(Fixed::size);
            if (bytes->size() != Fixed::size)
                return badInput({}, {}, "it has " + std::to_string(bytes->size()) + " bytes, and needs " + std::to_string(Fixed::size)
                        + (shorter ? " or " + std::to_string(shorter) : std::string()));
            target.push_back(*Fixed::from(*bytes, key));
            return {};
        });
    }
    /// Names out of a choice.
    Status choices(std::string_view key, const std::vector<std::string_view> &known, const std::function<void(std::size_t)> &chosen,
        const std::function<std::string(std::string_view)> &otherwise = {}) const
    {
        return texts(key, [&](const std::string &text) -> Status {
            const auto at = std::ranges::find(known, text);
            if (at != known.end()) {
                chosen(static_cast<std::size_t>(at - known.begin()));
                return {};
            }
            if (std::string why = otherwise ? otherwise(text) : std::string(); !why.empty())
                return badInput({}, {}, std::move(why));
            const std::string_view near = workload::nearest(text, known);
            std::string all;
            for (const auto name : known)
                (all += all.empty() ? "" : ", ") += name;
            return badInput({}, {}, "'" + shown(text) + "' is not known here",
                near.empty() ? "Known are " + all + "." : "Did you mean '" + std::string(near) + "'?");
        });
    }
    /// "major.minor", or with `most` 3 also "major.minor.build": the parts, as many as there are.
    Status version(std::string_view key, std::size_t most, std::vector<std::uint8_t> &target) const
    {
        const auto *entry = m_table.find(key);
        if (!entry)
            return {};
        const std::string example = most == 3 ? "\"1.55\" or \"1.55.21\"" : "\"1.55\"";
        if (entry->value.kind != Kind::String)
            return m_table.wrongType(*entry, "a text as " + example);
        const std::string_view text = entry->value.text;
        std::vector<std::uint8_t> parts;
        for (const char *at = text.data(), *end = at + text.size();; ++at) {
            unsigned part = 0;
            const auto [next, error] = std::from_chars(at, end, part);
            if (error != std::errc() || part > 255 || parts.size() == most || (next != end && *next != '.'))
                return m_table.refuse(entry->line, "'" + m_table.full(key) + "' is no version: '" + shown(text) + "'",
                    "Give numbers from 0 to 255, as " + example + ".");
            parts.push_back(static_cast<std::uint8_t>(part));
            if (next == end)
                break;
            at = next;
        }
        if (parts.size() < 2)
            return m_table.refuse(entry->line, "'" + m_table.full(key) + "' is no version: '" + shown(text) + "'", "Give it as " + example + ".");
        target = std::move(parts);
        return {};
    }
    /// The bits of a flag word by their names. `elsewhere` is the key that takes the other bits.
    Status bits(std::string_view key, std::span<const FlagBit> all, std::uint64_t mine, std::string_view elsewhere, std::uint64_t &target) const
    {
        std::vector<std::string_view> names;
        std::vector<unsigned> numbers;
        for (const auto &bit : all)
            if ((mine >> bit.bit) & 1) {
                names.push_back(bit.name);
                numbers.push_back(bit.bit);
            }
        return choices(
            key, names, [&](std::size_t at) { target |= std::uint64_t{1} << numbers[at]; },
            [&](std::string_view text) {
                const auto other = std::ranges::find(all, text, &FlagBit::name);
                return other == all.end() || other->bit == GuestPolicy::MustBeOne
                    ? std::string()
                    : "'" + std::string(text) + "' belongs under '" + m_table.full(elsewhere) + "' (set, it means: " + std::string(other->set) + ")";
            });
    }
    /// A table in this one, given to `read` if it is there.
    Status below(std::string_view key, const std::function<Status(const Section &)> &read) const
    {
        KASTELLAN_ASSIGN(const TomlValue *value, m_table.table(key));
        return value ? read(Section(m_table.below(*value, key))) : Status();
    }

private:
    template <typename T>
    struct Target {
        using Type = T;
    };
    template <typename T>
    struct Target<std::optional<T>> {
        using Type = T;
    };

    Result<std::uint64_t> numberFrom(const TomlValue &value, std::string_view key, std::uint64_t most) const
    {
        if (value.kind != Kind::Integer || value.integer < 0 || static_cast<std::uint64_t>(value.integer) > most)
            return m_table.refuse(
                value.line, "'" + m_table.full(key) + "' has to be a whole number from 0 to " + std::to_string(most));
        return static_cast<std::uint64_t>(value.integer);
    }
    Status each(std::string_view key, std::string_view needed, const std::function<Status(const TomlValue &)> &read) const
    {
        const auto *entry = m_table.find(key);
        if (!entry)
            return {};
        if (entry->value.kind != Kind::Array)
            return entry->value.kind == Kind::Table ? Status(m_table.wrongType(*entry, needed)) : read(entry->value);
        if (entry->value.array.empty())
            return m_table.refuse(entry->line, "'" + m_table.full(key) + "' is an empty list, which nothing can meet",
                "Leave the key out where nothing is demanded.");
        for (const auto &element : entry->value.array)
            KASTELLAN_TRY(read(element));
        return {};
    }
    TomlTable m_table;
};

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
            if (const Status below = section.below(name, [&](const Section &own) -> Status {
                KASTELLAN_TRY(own.only({"fmc", "bl", "tee", "snp", "ucode"}));
                if (product != Product::Turin && own.table().find("fmc"))
                    return own.table().refuse(own.table().find("fmc")->line, "there is no 'fmc' before Turin");
                TcbFloors::Levels levels;
                KASTELLAN_TRY(readLevels(own, levels));
                floors.products.emplace_back(product, std::move(levels));
                return {};
            }); !below)
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
    return badInput({}, {}, "'" + shown(root) + "' is no root", "Give \"amd\", or \"emulated:\" and the 64 hex digits of an emulated root.");
}

Status readTop(const Section &top, Policy &policy)
{
    std::optional<std::uint64_t> version;
    KASTELLAN_TRY(top.number("version", version, most32));
    if (!version)
        return badInput({}, std::string(), "it has no 'version'", "Begin it with: version = 1");
    if (*version != static_cast<std::uint64_t>(Policy::formatVersion))
        return top.table().refuse(top.table().find("version")->line, "it is of version " + std::to_string(*version) + ", and 1 is known here",
            "Update this program.");
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
    KASTELLAN_TRY(top.choices("products", {"Milan", "Genoa", "Turin"},
        [&](std::size_t at) { policy.products.push_back(productKeys[at].second); },
        [](std::string_view text) {
            return text == "Bergamo" || text == "Siena" ? "'" + std::string(text) + "' answers to 'Genoa': name that" : std::string();
        }));
    KASTELLAN_TRY(top.numbers("steppings", policy.steppings, 255));
    KASTELLAN_TRY(top.choices("signing_key", {"vcek", "vlek"},
        [&](std::size_t at) { policy.signingKey = at == 0 ? SigningKey::Vcek : SigningKey::Vlek; }));
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
    if (const Status below = top.below("guest_policy", [&](const Section &section) -> Status {
        KASTELLAN_TRY(section.only({"minimum_abi", "allowed", "required"}));
        std::vector<std::uint8_t> abi;
        KASTELLAN_TRY(section.version("minimum_abi", 2, abi));
        if (!abi.empty())
            policy.guestPolicy.minimumAbi = {abi[0], abi[1]};
        return read(section, GuestPolicy::bits(), maskOf(permissiveBits), maskOf(protectiveBits), policy.guestPolicy.allowed,
            policy.guestPolicy.required);
    }); !below)
        return below;
    return top.below("platform_info", [&](const Section &section) -> Status {
        KASTELLAN_TRY(section.only({"allowed", "required"}));
        return read(section, PlatformInfo::bits(), maskOf(permissivePlatformBits), maskOf(protectivePlatformBits),
            policy.platformInfo.allowed, policy.platformInfo.required);
    });
}

Status readFirmware(const Section &top, Policy &policy)
{
    if (const Status below = top.below("tcb", [&](const Section &section) -> Status {
        KASTELLAN_TRY(section.only({"minimum", "minimum_committed", "minimum_current", "minimum_launch"}));
        KASTELLAN_TRY(readFloors(section, "minimum", policy.tcb.minimum));
        KASTELLAN_TRY(readFloors(section, "minimum_committed", policy.tcb.committed));
        KASTELLAN_TRY(readFloors(section, "minimum_current", policy.tcb.current));
        return readFloors(section, "minimum_launch", policy.tcb.launch);
    }); !below)
        return below;
    if (const Status below = top.below("firmware", [&](const Section &section) -> Status {
        KASTELLAN_TRY(section.only({"minimum_version", "minimum_build", "allow_provisional"}));
        std::vector<std::uint8_t> parts;
        KASTELLAN_TRY(section.version("minimum_version", 3, parts));
        if (!parts.empty())
            policy.firmware.minimumVersion = {.build = parts.size() > 2 ? parts[2] : std::uint8_t{0}, .minor = parts[1], .major = parts[0]};
        KASTELLAN_TRY(section.number("minimum_build", policy.firmware.minimumBuild, 255));
        if (section.table().find("allow_provisional")) {
            bool allowed = false;
            KASTELLAN_TRY(section.flag("allow_provisional", allowed));
            policy.firmware.allowProvisional = allowed;
        }
        return {};
    }); !below)
        return below;
    return top.below("mitigations", [&](const Section &section) -> Status {
        KASTELLAN_TRY(section.only({"launch", "current"}));
        KASTELLAN_TRY(section.word("launch", policy.mitigations.launch));
        return section.word("current", policy.mitigations.current);
    });
}

Status readIdBlock(const Section &section, Policy &policy)
{
    KASTELLAN_TRY(section.only(
        {"required", "author_required", "author_vouches", "id_keys", "author_keys", "denied_id_keys", "denied_author_keys"}));
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
