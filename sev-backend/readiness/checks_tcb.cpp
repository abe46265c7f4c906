// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/abi/bulletins.h"
#include "sev-backend/readiness/checks.h"

#include <format>

namespace kastellan::sev {
namespace {

constexpr std::string_view area = "Firmware";
constexpr const char *update = "Update the BIOS, or install the newest linux-firmware and reboot; then raise the reported TCB.";

std::optional<TcbVersion> tcb(const HostFacts &facts, std::string_view key)
{
    const auto text = facts.text(key);
    const auto bytes = text ? fromHex(*text) : badInput("", "", "");
    const auto found = generation(facts);
    if (!bytes || !found || found->product == Product::Unknown)
        return std::nullopt;
    const auto fixed = TcbBytes::from(*bytes, key);
    if (!fixed)
        return std::nullopt;
    return TcbVersion(*fixed, layoutOf(found->product));
}

Judgement judgeReported(const HostFacts &facts)
{
    const auto current = tcb(facts, "platform.snp.tcb.current"), reported = tcb(facts, "platform.snp.tcb.reported");
    if (!current || !reported)
        return unknown(facts, current ? "platform.snp.tcb.reported" : "platform.snp.tcb.current");
    if (*current == *reported)
        return passed("both " + current->text());
    if (current->atLeast(*reported))
        return warning(std::format("reported {}; current {}", reported->text(), current->text()),
            "Reports and certificates speak of an older level than the one that runs. Fetch the VCEK for the reported one; levels that "
            "others demand are compared with it.",
            "When everybody has the newer certificates, set the reported TCB to the current one.", "sudo keepctl host reset-config");
    return warning(std::format("reported {}; current {}", reported->text(), current->text()),
        "The firmware reports a higher level than it runs: reports would not be signed by the VCEK that they call for.",
        "Reset the configuration of the platform.", "sudo keepctl host reset-config");
}

Judgement judgeCommitted(const HostFacts &facts)
{
    const auto current = tcb(facts, "platform.snp.tcb.current"), committed = tcb(facts, "platform.snp.tcb.committed");
    if (!committed)
        return info("not told by the host's commands",
            "The committed TCB, below which the firmware cannot be rolled back, stands in attestation reports: 'keepctl evidence show'.");
    if (!current)
        return unknown(facts, "platform.snp.tcb.current");
    if (*committed == *current)
        return passed("both " + current->text());
    return warning(std::format("committed {}; current {}", committed->text(), current->text()),
        "The firmware can still be rolled back to the committed level.",
        "When the new firmware has proved itself, commit it: that cannot be undone.", "sudo keepctl host commit");
}

Judgement judgeAlias(const HostFacts &facts)
{
    const auto done = facts.flag("platform.snp.alias_check");
    if (!done)
        return unknown(facts, "platform.snp.state");
    if (*done)
        return passed("done");
    return warning("not done",
        "The firmware did not look for memory modules that answer at two addresses: whoever can change their SPD can read and change "
        "protected memory (CVE-2024-21944, BadRAM).",
        "Update the BIOS to one with the mitigation of AMD-SB-3015; lock the SPD where the BIOS offers it.");
}

Judgement judgeBulletins(const HostFacts &facts)
{
    const auto found = generation(facts);
    const auto current = tcb(facts, "platform.snp.tcb.current");
    if (!found)
        return unknown(facts, "cpuid.1.eax");
    std::string met, missed, means;
    for (const auto &row : bulletins()) {
        if (row.product != found->product)
            continue;
        if (!current)
            return unknown(facts, "platform.snp.tcb.current");
        const unsigned has = current->part(row.part).value_or(0);
        const std::string text = std::format("{}: {} {}, at least {}", row.id, name(row.part), has, row.minimum);
        std::string &list = has >= row.minimum ? met : missed;
        list += (list.empty() ? "" : "; ") + text;
        if (has < row.minimum)
            means += (means.empty() ? "" : " ") + std::format("{} ({}): {}.", row.id, row.cve, row.about);
    }
    const std::string table =
        std::format("The table of {} was used; bulletins after it, and those whose numbers are not certain, are not in it.", bulletinsDate);
    if (!missed.empty())
        return warning(missed, means + " " + table, update);
    if (met.empty())
        return info(std::format("no bulletin for {}", found->name.empty() ? "this processor" : found->name), table);
    return passed(met, table);
}

Judgement judgeStored(const HostFacts &facts, std::string_view key, const char *means, std::string command)
{
    const auto there = facts.flag(key);
    if (!there)
        return info("not looked for: " + facts.why(key));
    if (*there)
        return passed("in the certificate store");
    Judgement judgement = info("not in the certificate store", means);
    judgement.remedy = "Fetch it from AMD's key server, once.";
    judgement.command = std::move(command);
    return judgement;
}

Judgement judgeVcek(const HostFacts &facts)
{
    return judgeStored(facts, "certs.vcek",
        "It backs this chip's reports at the reported TCB; without it, whoever verifies them has to fetch it.", "keepctl host kds");
}

Judgement judgeCrl(const HostFacts &facts)
{
    return judgeStored(facts, "certs.crl", "It tells which certificates AMD has revoked.", "keepctl host kds");
}

} // namespace

void addTcb(Checks &table)
{
    table.push_back({"tcb.reported", area, "TCB: reported and current", "firmware.snp", {"firmware.snp"}, {}, "SNP_PLATFORM_STATUS",
        "snphost ok; AMDESE/AMDSEV#274", judgeReported});
    table.push_back(
        {"tcb.committed", area, "TCB: committed", "firmware.snp", {"firmware.snp"}, {}, "attestation reports", manualSnp, judgeCommitted});
    table.push_back({"certs.vcek", area, "Chip's certificate (VCEK)", "firmware.snp", {"firmware.snp"}, {}, "the certificate store",
        "Enarx platform info", judgeVcek});
    table.push_back({"certs.crl", area, "Revocation list", "firmware.snp", {"firmware.snp"}, {}, "the certificate store",
        "Enarx platform info; enarx/enarx#2389", judgeCrl});
    table.push_back({"firmware.alias", area, "Memory aliases looked for", "firmware.snp", {"firmware.snp"}, {},
        "SNP_PLATFORM_STATUS, ALIAS_CHECK_COMPLETE", "AMD-SB-3015, CVE-2024-21944", judgeAlias});
    table.push_back({"firmware.bulletins", area, "Age against AMD's bulletins", "firmware.snp", {"firmware.snp"}, {},
        "current TCB against a table of bulletins", "AMD-SB-3016, 3019, 3020, 3023, 3030", judgeBulletins});
}

} // namespace kastellan::sev
