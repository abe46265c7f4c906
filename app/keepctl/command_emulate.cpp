// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/commands.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "sev-backend/emulator/guest_device.h"
#include "sev-backend/emulator/sev_device.h"
#include "sev-backend/presenter/guest_level.h"
#include "sev-backend/presenter/presenter.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <cstdlib>

namespace kastellan::keepctl {

namespace {

constexpr std::string_view notEmulated =
    "not emulated: the CPUID instruction (checks of it see this machine's processor), /dev/kvm, 32-bit programs, io_uring";

Result<int> listProfiles(bool json)
{
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    Table table({"PROFILE", "FIRMWARE", "FAMILY", "MODEL", "SEV-SNP", "REPORTED TCB", "READY"});
    for (const sev::Profile &profile : sev::allProfiles()) {
        const bool made = sev::Processor::exists(dataFolder() / "emulated", profile);
        const bool preset = &profile == &sev::defaultProfile();
        rows.push_back({{"profile", profile.id}, {"default", preset}, {"firmware", profile.firmware.text()}, {"family", profile.family},
            {"model", profile.model}, {"stepping", profile.stepping}, {"snp", profile.hasSnp},
            {"tcb", profile.hasSnp ? nlohmann::ordered_json(profile.tcb().text()) : nlohmann::ordered_json(nullptr)}, {"made", made},
            {"emulated", true}});
        table.add({std::string(profile.id) + (preset ? " (default)" : ""), profile.firmware.text(), std::to_string(profile.family),
            std::to_string(profile.model), profile.hasSnp ? "yes" : "no", profile.hasSnp ? profile.tcb().text() : "",
            made ? "yes" : "made on first use"});
    }
    if (json)
        printJson({{"profiles", std::move(rows)}});
    else
        print(table.text(1));
    return exit_code::done;
}

Result<sev::ProcessorOptions> optionsOf(const Invocation &asked)
{
    sev::ProcessorOptions options;
    if (asked.has("profile")) {
        KASTELLAN_ASSIGN(options.profile, sev::findProfile(asked.value("profile")));
    }
    KASTELLAN_ASSIGN(const auto version, asked.number("report-version", 5, 5));
    options.reportVersion = static_cast<std::uint32_t>(version);
    if (asked.has("seed")) {
        constexpr std::size_t limit = 32;
        auto seed = fromHex(asked.value("seed"));
        if (!seed || seed->empty() || seed->size() > limit)
            return badInput("understand the command line", "--seed " + asked.value("seed"), "it is not 2 to 64 hexadecimal digits");
        options.seed = toHex(*seed);
    }
    std::string faults;
    for (const std::string &fault : asked.values("fault"))
        faults += (faults.empty() ? "" : ",") + fault;
    KASTELLAN_ASSIGN(options.faults, sev::FaultPlan::parse(faults));
    if (!options.profile->hasSnp && asked.has("guest"))
        return badInput("understand the command line", "--guest with --profile " + std::string(options.profile->id),
            "this processor has no SEV-SNP, and its guests have no device", "Take milan, genoa or turin.");
    if (!asked.has("guest") && asked.has("vmpl"))
        return badInput("understand the command line", "--vmpl", "it is about a guest", "Give --guest with it.");
    return options;
}

/// The devices of the emulated platform, made on first use with progress.
Result<sev::Presentation> presentationOf(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const sev::ProcessorOptions options, optionsOf(asked));
    KASTELLAN_ASSIGN(const auto level, asked.number("vmpl", 0, 3));
    std::shared_ptr<sev::Processor> processor;
    {
        ProgressLine progress(false);
        const auto show = [&](std::string_view doing, std::uint64_t done, std::uint64_t total) { progress.show(doing, done, total); };
        KASTELLAN_ASSIGN(processor, sev::Processor::open(dataFolder() / "emulated", show, {}, options));
    }
    sev::Presentation shown;
    const auto host = std::make_shared<sev::EmulatedSevDevice>(processor);
    shown.sev = host;
    shown.registers = [host](unsigned cpu, std::uint32_t index) { return host->msr(cpu, index); };
    shown.readOnly = asked.has("read-only");
    shown.interpose = asked.has("interpose");
    if (asked.has("guest")) {
        KASTELLAN_ASSIGN(const std::shared_ptr<sev::EmulatedGuestDevice> guest, sev::EmulatedGuestDevice::launch(processor));
        shown.registers = [guest](unsigned cpu, std::uint32_t index) { return guest->msr(cpu, index); };
        shown.guest = guest;
        if (level > 0)
            shown.guest = std::make_shared<sev::GuestAtLevel>(guest, static_cast<std::uint32_t>(level));
        shown.privilegeFloor = static_cast<std::uint32_t>(level);
        shown.reports = [guest](ByteView request, unsigned asksFor) -> std::expected<sev::ReportBlobs, int> {
            auto report = guest->tsmReport(request, asksFor);
            if (!report)
                return std::unexpected(report.error());
            return sev::ReportBlobs{std::move(report->outblob), std::move(report->auxblob)};
        };
    }
    // A library in place of the kernel reaches less: that is said unasked.
    shown.note = [](std::string_view text) { say(text); };
    if (asked.has("verbose")) {
        const auto about = processor->describe();
        say("an emulated " + about.profile + " with firmware " + about.firmware + (options.profile->hasSnp ? ", " + about.tcb : "")
            + ", root " + about.root + (asked.has("guest") ? "; the program runs in a guest at VMPL " + std::to_string(level) : ""));
        say(notEmulated);
    }
    return shown;
}

Result<int> runProgram(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const sev::Presentation shown, presentationOf(asked));
    KASTELLAN_ASSIGN(const sev::PresentedEnd end, sev::present(shown, asked.operands));
    if (end.notRun) {
        Error error = *end.notRun;
        if (const std::string &word = asked.operands.front(); word == "profiles" || word == "profile" || word == "list")
            error.remedy = "Give a program; 'keepctl emulate --list' lists the profiles.";
        say(error.message());
    }
    if (end.busy) { // threads work on for a program that is gone
        std::fflush(nullptr);
        std::_Exit(end.status);
    }
    return end.status;
}

} // namespace

Result<int> emulate(const Invocation &asked)
{
    if (asked.has("list")) {
        if (!asked.operands.empty())
            return badInput("understand the command line", "--list", "it takes no program");
        return listProfiles(asked.has("json"));
    }
    if (asked.has("json"))
        return badInput("understand the command line", "--json", "what is printed is the program's", "It goes with --list.");
    if (asked.operands.empty())
        return badInput("understand the command line", {}, "'keepctl emulate' needs a PROGRAM: what to run",
            "As in: keepctl emulate -- snphost show tcb. See keepctl emulate --help.");
    const auto status = runProgram(asked);
    if (status)
        return *status;
    say(status.error().message());
    return exit_code::notLaunched; // those of the program stand beside it
}

} // namespace kastellan::keepctl
