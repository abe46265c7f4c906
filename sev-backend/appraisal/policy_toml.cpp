// SPDX-License-Identifier: Apache-2.0
#include "core/workload/toml.h"
#include "sev-backend/appraisal/policy.h"

#include <cstdio>
#include <utility>

namespace kastellan::sev {
namespace {

/// Writes keys, each under a comment; a table's header only when something stands in it.
class Out {
public:
    void header(std::string_view name, std::string_view comment = {})
    {
        m_header = "\n" + lines(comment) + "[" + std::string(name) + "]\n";
    }
    void raw(std::string_view key, const std::string &value, std::string_view comment = {})
    {
        m_text += std::exchange(m_header, {});
        m_text += lines(comment) + std::string(key) + " = " + value + "\n";
    }
    void text(std::string_view key, std::string_view value, std::string_view comment)
    {
        if (!value.empty())
            raw(key, workload::tomlString(value), comment);
    }
    void flag(std::string_view key, bool value, std::string_view comment) { raw(key, value ? "true" : "false", comment); }
    template <typename List, typename Say>
    void list(std::string_view key, const List &values, std::string_view comment, Say say)
    {
        if (values.empty())
            return;
        // One value in a line of its own, several in a line each: digests are long.
        std::string joined;
        for (const auto &value : values)
            joined += (joined.empty() ? "" : values.size() > 1 ? ",\n    " : ", ") + say(value);
        raw(key, values.size() > 1 && joined.size() > 80 ? "[\n    " + joined + ",\n]" : "[" + flat(joined) + "]", comment);
    }
    template <typename Fixed>
    void fixed(std::string_view key, const std::vector<Fixed> &values, std::string_view comment)
    {
        list(key, values, comment, [](const Fixed &value) { return workload::tomlString(toHex(value.view())); });
    }
    void version(std::string_view key, const std::optional<std::pair<unsigned, unsigned>> &value, std::string_view comment)
    {
        if (value)
            raw(key, "\"" + std::to_string(value->first) + "." + std::to_string(value->second) + "\"", comment);
    }
    void bits(std::string_view key, std::uint64_t word, std::span<const FlagBit> all, std::string_view comment)
    {
        std::string names, meanings;
        for (const auto &bit : all)
            if ((word >> bit.bit) & 1) {
                names += (names.empty() ? "\"" : ", \"") + std::string(bit.name) + "\"";
                meanings += "\n  " + std::string(bit.name) + ": " + std::string(bit.set);
            }
        raw(key, "[" + names + "]", std::string(comment) + meanings);
    }
    void levels(const TcbFloors::Levels &levels)
    {
        for (const auto &[part, level] : levels)
            raw(name(part), std::to_string(level), title(part));
    }
    void floors(std::string_view table, const TcbFloors &floors, std::string_view comment)
    {
        header(table, comment);
        levels(floors.general);
        for (const auto &[product, own] : floors.products) {
            std::string key(name(product));
            key[0] = static_cast<char>(key[0] - 'A' + 'a');
            header(std::string(table) + "." + key, "On this product these, and not the general ones.");
            levels(own);
        }
        m_header.clear();
    }
    void word(std::string_view key, std::uint64_t value, std::string_view comment)
    {
        if (value == 0)
            return;
        char hex[24];
        std::snprintf(hex, sizeof hex, value >> 63 ? "\"0x%llx\"" : "0x%llx", static_cast<unsigned long long>(value));
        raw(key, hex, comment);
    }
    [[nodiscard]] std::string take() { return std::move(m_text); }

private:
    static std::string lines(std::string_view comment)
    {
        std::string text;
        while (!comment.empty()) {
            const auto end = comment.find('\n');
            text += "# " + std::string(comment.substr(0, end)) + "\n";
            comment.remove_prefix(end == std::string_view::npos ? comment.size() : end + 1);
        }
        return text;
    }
    static std::string flat(std::string text)
    {
        for (std::size_t at = text.find(",\n    "); at != std::string::npos; at = text.find(",\n    "))
            text.replace(at, 6, ", ");
        return text;
    }
    std::string m_text, m_header;
};

void addTop(Out &out, const Policy &policy)
{
    const auto quoted = [](const std::string &text) { return workload::tomlString(text); };
    out.raw("version", std::to_string(Policy::formatVersion),
        "Policy for the evidence of keeps. Every key but 'version' may be left out: then nothing is demanded.");
    out.text("name", policy.name, "For people.");
    out.text("root", policy.root,
        "Whose root has to back the evidence: \"amd\", or \"emulated:\" and the fingerprint of one emulated platform.");
    if (policy.strict)
        out.flag("strict", true, "Require all findings that are otherwise advisory.");
    out.list("require", policy.require, "Findings that are advisory otherwise, and decide here.", quoted);
    out.list("products", policy.products, "Products that are accepted: Milan, Genoa (also Bergamo and Siena), Turin.",
        [](Product product) { return "\"" + std::string(name(product)) + "\""; });
    out.list("steppings", policy.steppings, "Steppings of the processor that are accepted; a report states its own from version 3 on.",
        [](std::uint8_t stepping) { return std::to_string(stepping); });
    if (policy.signingKey)
        out.text("signing_key", *policy.signingKey == SigningKey::Vlek ? "vlek" : "vcek",
            "The kind of key that has to sign: \"vcek\" (one chip's) or \"vlek\" (a cloud provider's).");
    out.list("csp_ids", policy.cspIds, "Cloud providers whose VLEK is accepted, as its certificate names them.", quoted);
}

void addReport(Out &out, const Policy &policy)
{
    const auto &report = policy.report;
    const auto &launch = policy.launch;
    out.header("report");
    if (report.minimumVersion)
        out.raw("minimum_version", std::to_string(*report.minimumVersion), "Oldest version of the report's layout: newer ones say more.");
    out.list("vmpl", report.vmpls, "Privilege level inside of the guest that asked for the report: 0 is the highest.",
        [](std::uint32_t vmpl) { return std::to_string(vmpl); });
    out.fixed("report_data", report.data, "The 64 bytes that the guest had bound into the report.");
    out.fixed("host_data", report.hostData, "The 32 bytes that the host fixed at launch: for a keep, the SHA-256 of its owner key.");
    out.fixed("report_ids", report.ids, "The one guest that is meant: new at every launch.");
    out.fixed("migration_agent_ids", report.agentIds, "Migration agents that may be bound to the guest.");
    out.fixed("chip_ids", report.chipIds, "The chips that are accepted. Remove it to accept any chip with these levels.");
    out.header("launch");
    out.fixed("digests", launch.digests, "Launch digests that are accepted: everything that was loaded before the guest began.");
    out.fixed("denied_digests", launch.denied, "Launch digests that are not accepted, whoever signed them.");
    out.fixed("family_ids", launch.familyIds, "FAMILY_ID of the ID block; zero without one.");
    out.fixed("image_ids", launch.imageIds, "IMAGE_ID of the ID block; zero without one.");
    if (launch.minimumGuestSvn)
        out.raw("minimum_guest_svn", std::to_string(*launch.minimumGuestSvn), "Least security version that the ID block gives the guest.");
}

void addBits(Out &out, const Policy &policy)
{
    const auto &guest = policy.guestPolicy;
    const auto &platform = policy.platformInfo;
    out.header("guest_policy", "What the firmware holds host and guest to.");
    out.version("minimum_abi", guest.minimumAbi, "Least version of the firmware's interface that the guest's policy has to demand.");
    if (guest.allowed)
        out.bits("allowed", *guest.allowed, GuestPolicy::bits(), "At most these of smt, migrate-ma, debug and cxl-allow.");
    if (guest.required)
        out.bits("required", guest.required, GuestPolicy::bits(), "At least these.");
    out.header("platform_info", "How the machine has to be set up.");
    if (platform.allowed)
        out.bits("allowed", *platform.allowed, PlatformInfo::bits(), "At most these of smt, tsme and tio.");
    if (platform.required)
        out.bits("required", platform.required, PlatformInfo::bits(), "At least these.");
}

void addFirmware(Out &out, const Policy &policy)
{
    out.floors("tcb.minimum", policy.tcb.minimum, "Least levels of the firmware: reported, committed and current.");
    out.floors("tcb.minimum_committed", policy.tcb.committed, "Further floors of the committed levels alone.");
    out.floors("tcb.minimum_current", policy.tcb.current, "Further floors of the current levels alone.");
    out.floors("tcb.minimum_launch", policy.tcb.launch, "Least levels at the time of the launch.");
    out.header("firmware");
    if (const auto &least = policy.firmware.minimumVersion)
        out.raw("minimum_version", "\"" + least->text() + "\"",
            "Least version of the SEV firmware that runs: major.minor, or major.minor.build.");
    if (policy.firmware.minimumBuild)
        out.raw("minimum_build", std::to_string(*policy.firmware.minimumBuild), "Least build number, whatever the version.");
    if (policy.firmware.allowProvisional)
        out.flag("allow_provisional", *policy.firmware.allowProvisional,
            "Whether a firmware may run that is not committed, and so could be set back.");
    out.header("mitigations", "Bits that the mitigation vectors have to hold at least (report version 5).");
    out.word("launch", policy.mitigations.launch, {});
    out.word("current", policy.mitigations.current, {});
}

void addIdBlock(Out &out, const Policy &policy)
{
    const auto &block = policy.idBlock;
    out.header("id_block", "Keys are named by the SHA-384 of their form in the firmware (keepctl measure key-digest), or given in PEM.");
    if (block.required)
        out.flag("required", true, "The launch has to be held to a signed ID block.");
    if (block.authorRequired)
        out.flag("author_required", true, "An author key has to have signed the ID key.");
    if (!block.authorVouches)
        out.flag("author_vouches", false, "An ID key has to be listed even where a listed author key signed it.");
    out.fixed("id_keys", block.idKeys, "Keys that may sign ID blocks.");
    out.fixed("author_keys", block.authorKeys, "Keys that may sign ID keys.");
    out.fixed("denied_id_keys", block.deniedIdKeys, "Keys that must not have signed the ID block.");
    out.fixed("denied_author_keys", block.deniedAuthorKeys, "Keys that must not have signed the ID key.");
}

} // namespace

std::string Policy::toToml() const
{
    Out out;
    addTop(out, *this);
    addReport(out, *this);
    addBits(out, *this);
    addFirmware(out, *this);
    addIdBlock(out, *this);
    return out.take();
}

} // namespace kastellan::sev
