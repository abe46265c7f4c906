// SPDX-License-Identifier: Apache-2.0
// Configuration, commit and keys of SEV-SNP.
#include "sev-backend/firmware/action_run.h"
#include "sev-backend/firmware/hashstick.h"

#include <charconv>

namespace kastellan::sev {
namespace {

constexpr const char *newCertificate = "Reports name another TCB afterwards, and are signed by the key that belongs to it: fetch its VCEK "
                                       "('kds' shows the address), and check "
                                       "what floors the owners of guests hold it to.";

std::string whatReportsNeed(const ActionRun &run)
{
    return run.host.emulated ? "Reports name another TCB afterwards, and are signed by the key that belongs to it, whose VCEK the emulated "
                               "platform makes itself: check what floors the owners of guests hold it to."
                             : newCertificate;
}

/// As it is typed.
std::string option(TcbPart part)
{
    return "--" + std::string(name(part));
}

Result<std::uint8_t> levelOf(const ActionRun &run, TcbPart part)
{
    const std::string text = run.text(std::string(name(part)).c_str());
    const bool hex = text.starts_with("0x") || text.starts_with("0X");
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data() + (hex ? 2 : 0), text.data() + text.size(), value, hex ? 16 : 10);
    if (error != std::errc{} || end != text.data() + text.size() || value > 255)
        return badInput(run.what(), option(part), "'" + text + "' is no level", "Write a whole number from 0 to 255.");
    return static_cast<std::uint8_t>(value);
}

/// The levels that were given, over those that run now.
Result<TcbVersion> reportedTcb(const ActionRun &run)
{
    const TcbVersion current(run.now->snp->currentTcb, run.now->layout());
    TcbVersion wanted = current;
    for (const TcbPart part : {TcbPart::Fmc, TcbPart::Bootloader, TcbPart::Tee, TcbPart::Snp, TcbPart::Microcode}) {
        if (!run.has(std::string(name(part)).c_str()))
            continue;
        KASTELLAN_ASSIGN(const std::uint8_t level, levelOf(run, part));
        if (!wanted.set(part, level))
            return badInput(
                run.what(), option(part), "the TCB of this product has no such part", "Leave it out: processors before Turin have no FMC.");
        if (level > *current.part(part))
            return badInput(run.what(), option(part),
                std::to_string(level) + " is higher than the " + std::to_string(*current.part(part))
                    + " that runs: the firmware refuses that",
                "Give at most what 'keepctl host status' shows as current.");
    }
    return wanted;
}

void sayMasks(ActionRun &run)
{
    if (run.config.maskChipId)
        run.consequence("Reports name no chip any more: pinned processors and references by chip id can't be checked.");
    if (run.config.maskChipKey)
        run.consequence("Reports are not signed by the chip's key any more: without a VLEK no report proves anything.");
}

Status prepareConfig(ActionRun &run)
{
    KASTELLAN_ASSIGN(const TcbVersion wanted, reportedTcb(run));
    run.config = {wanted.bytes(), run.flag("mask-chip-id"), run.flag("mask-chip-key")};
    const TcbVersion reported(run.now->snp->reportedTcb, run.now->layout());
    run.step("Set the reported TCB to " + wanted.text() + " (now: " + reported.text() + ", current: "
        + TcbVersion(run.now->snp->currentTcb, run.now->layout()).text() + "), chip id " + (run.config.maskChipId ? "masked" : "shown")
        + ", chip key " + (run.config.maskChipKey ? "masked" : "used") + " (SNP_SET_CONFIG).");
    if (wanted != reported)
        run.consequence(whatReportsNeed(run));
    sayMasks(run);
    run.consequence("It holds until the machine starts anew, or until it is set again or set back.");
    return {};
}

Result<ActionOutcome> configured(ActionRun &run, std::string summary)
{
    ActionOutcome outcome{std::move(summary), {}, {}};
    if (const auto snp = run.platform().snpStatus()) {
        outcome.facts.push_back({"snp.tcb.reported", "Reported TCB", TcbVersion(snp->reportedTcb, run.now->layout()).text(), ""});
        outcome.facts.push_back({"snp.mask-chip-id", "Chip id masked", snp->maskChipId ? "yes" : "no", ""});
        outcome.facts.push_back({"snp.mask-chip-key", "Chip key masked", snp->maskChipKey ? "yes" : "no", ""});
    }
    return outcome;
}

Result<ActionOutcome> performConfig(ActionRun &run, const Progress &)
{
    KASTELLAN_TRY(run.platform().setConfig(run.config));
    return configured(run, "The SEV-SNP configuration was set.");
}

Status prepareConfigReset(ActionRun &run)
{
    run.step("Set the SEV-SNP configuration back: no other reported TCB, nothing masked (SNP_SET_CONFIG with zeros).");
    if (run.now->snp->currentTcb != run.now->snp->reportedTcb)
        run.consequence(whatReportsNeed(run));
    return {};
}

Result<ActionOutcome> performConfigReset(ActionRun &run, const Progress &)
{
    KASTELLAN_TRY(run.platform().resetConfig());
    return configured(run, "The SEV-SNP configuration was set back.");
}

Status prepareCommit(ActionRun &run)
{
    const std::string version =
        std::to_string(run.now->snp->major) + "." + std::to_string(run.now->snp->minor) + "." + std::to_string(run.now->snp->build);
    run.step("Commit the firmware that runs, " + version + " with TCB " + TcbVersion(run.now->snp->currentTcb, run.now->layout()).text()
        + " (SNP_COMMIT).");
    run.consequence("No older firmware can be loaded on this processor, ever again. There is no way back.");
    run.consequence("The reported TCB becomes the committed one where it was not set by hand: reports may need another VCEK.");
    return {};
}

Result<ActionOutcome> performCommit(ActionRun &run, const Progress &)
{
    KASTELLAN_TRY(run.platform().commit());
    return configured(run, "The running firmware was committed.");
}

Status prepareVlek(ActionRun &run)
{
    KASTELLAN_ASSIGN(const Bytes file, run.input("hashstick", 4096));
    KASTELLAN_ASSIGN(run.hashstick, readHashstick(file, run.text("hashstick")));
    const TcbVersion reported(run.now->snp->reportedTcb, run.now->layout()), wrapped(run.hashstick->tcb, run.now->layout());
    if (run.hashstick->tcb != run.now->snp->reportedTcb)
        return badInput(run.what(), run.text("hashstick"),
            "it is for TCB " + wrapped.text() + ", and the platform reports " + reported.text(),
            "Fetch the hashstick for the TCB that the platform reports, or set that TCB first ('keepctl host set-config').");
    run.step("Load the VLEK hashstick for TCB " + wrapped.text() + " (SNP_VLEK_LOAD).");
    run.consequence("Guests' reports can be signed by the provider's key from now on, which does not name the chip.");
    run.consequence("It holds until the next start of the machine.");
    return {};
}

Result<ActionOutcome> performVlek(ActionRun &run, const Progress &)
{
    KASTELLAN_TRY(run.platform().loadVlek(*run.hashstick));
    ActionOutcome outcome{"The VLEK was loaded.", {}, {}};
    if (const auto snp = run.platform().snpStatus())
        outcome.facts.push_back({"snp.vlek", "VLEK loaded", snp->vlekLoaded ? "yes" : "no", ""});
    return outcome;
}

ActionParameter level(TcbPart part)
{
    return {std::string(name(part)), "TCB: " + std::string(title(part)),
        "Level of the " + std::string(title(part)) + "; default: the one that runs", ActionParameter::Kind::Number, false, {}, {}};
}

ActionParameter mask(std::string id, std::string label, std::string help)
{
    return {std::move(id), std::move(label), std::move(help), ActionParameter::Kind::Flag, false, {}, "no"};
}

} // namespace

void addSnpActions(std::vector<ActionRow> &rows)
{
    const auto add = [&rows](PlatformAction action, SevCommand command, auto prepare, auto perform) {
        rows.push_back({std::move(action), true, true, false, GuestRule::Any, {command}, prepare, perform});
    };
    add(described("snp-config", "Configure SEV-SNP…", "Sets the TCB that reports name, and what they keep to themselves",
            ActionEffect::Changes,
            {level(TcbPart::Bootloader), level(TcbPart::Tee), level(TcbPart::Snp), level(TcbPart::Microcode), level(TcbPart::Fmc),
                mask("mask-chip-id", "Mask the chip id", "Reports do not name the chip"),
                mask("mask-chip-key", "Mask the chip key", "Reports are not signed by the chip's key")}),
        SevCommand::SnpSetConfig, prepareConfig, performConfig);
    add(described("snp-config-reset", "Set the configuration back…", "Sets the SEV-SNP configuration back to what the firmware starts with",
            ActionEffect::Changes, {}),
        SevCommand::SnpSetConfig, prepareConfigReset, performConfigReset);
    add(described("snp-commit", "Commit the firmware…", "Makes the running firmware the oldest that this processor will ever load again",
            ActionEffect::Irreversible, {}),
        SevCommand::SnpCommit, prepareCommit, performCommit);
    add(described("vlek-load", "Load a VLEK…", "Loads a cloud provider's key for signing reports", ActionEffect::Changes,
            {inputFile("hashstick", "Hashstick", "432 bytes, or hex of them, from AMD's key server for this chip")}),
        SevCommand::SnpVlekLoad, prepareVlek, performVlek);
}

} // namespace kastellan::sev
