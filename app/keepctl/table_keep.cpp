// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/table_words.h"

namespace kastellan::keepctl {

namespace {

/// What decides over a launch: the same for `keep plan` and `keep launch`.
std::vector<Option> planOptions(std::vector<Option> more)
{
    std::vector<Option> options{
        {"host", 'H', "HOST",
            "Where the keep runs: a host's id, name or address (see 'keepctl host list'), or auto to choose among those that were added; "
            "default: emulated",
            Word::Host},
        {"profile", 'p', "PROFILE", "Begin with what a launch profile says ('keepctl profile list'); the other options go before it",
            Word::Profile},
        {"save-profile", 0, "NAME", "Save all that is asked for here as a launch profile, without the secrets, once it could be planned"},
        {"force", 0, "", "With --save-profile: replace the profile of that name"},
        {"name", 'n', "NAME", "What the keep is called; default: the workload's name"},
        {"arg", 'a', "ARG", "An argument for the workload, after those of Keep.toml; once for each", Word::Free, {}, true},
        {"env", 'e', "KEY=VALUE", "A variable for the workload; VALUE from a file as @FILE, a literal @ at the beginning as @@", Word::Free,
            {}, true},
        {"secret", 's', "NAME=FILE",
            "A secret that Keep.toml asks for, read from FILE; sent only after the first report was found authentic, with "
            "the expected launch digest",
            Word::Free, {}, true},
        {"owner-key", 0, "NAME", "The owner key that the keep will obey; default: a fresh one for this keep", Word::Key},
        {"expect-digest", 0, "DIGEST",
            "The launch digest to expect, in place of the one that this build computes: 96 hex digits, 64 of SEV and SEV-ES, base64, or "
            "@FILE"},
        {"min-tcb", 0, "PART=N[,PART=N]", "The least version of a part of the platform's TCB: snp, bl, tee, ucode, fmc", Word::Free, {},
            true},
        {"interpreter", 0, "", "Run the module in the interpreter"},
        {"aot", 0, "", "Compile the module ahead of time on this machine, and run the compiled code"},
        {"policy", 0, "FILE", "A policy file that the evidence of the keep has to meet (docs/policy.md)", Word::File},
        {"strict", 0, "", "Require the findings that are otherwise advisory"},
        {"allow-debug", 0, "", "Accept a platform policy that lets the host read the keep's memory; recorded"},
        {"no-sandbox", 0, "", "Go on without the sandbox of an emulated keep; its finding fails and does not decide; recorded"},
    };
    for (Option &option : machineOptions())
        options.push_back(std::move(option));
    for (Option &option : more)
        options.push_back(std::move(option));
    options.push_back(json);
    return options;
}

std::vector<Verb> launchVerbs()
{
    const Operand workload{"WORKLOAD",
        "a .wasm file, a folder with main.wasm and Keep.toml (or Enarx.toml), or a package of one; none with --kernel, --disk or --profile",
        Word::Workload, false, true};
    return {
        {Command::KeepPlan, "plan", "show what a launch would do, and do nothing",
            {"Reads the workload, asks the host, and prints what would be measured, the expected launch digest, which root is accepted, "
             "and what would be sent once the keep has been appraised."},
            {workload}, planOptions({}), {{"keepctl keep plan hello.wasm", "what would be measured and trusted"}}},
        {Command::KeepLaunch, "launch", "launch a workload in a new keep",
            {"The keep is started, measured and appraised; only when its evidence holds are module, configuration and secrets sent. The "
             "record of the appraisal is stored first, for a refused launch too. With --unattested there is no evidence: module and "
             "configuration are sent all the same, a secret never.",
                "In the foreground the workload's standard output and error are those of keepctl, byte for byte (on a terminal, control "
                "characters are made visible), its input is that of keepctl, and progress and the appraisal go to standard error. "
                "Interrupt (Ctrl-C) stops the keep gracefully, a second one at once. The exit status is the workload's.",
                "With --json nothing of the workload is passed through: one JSON object at the end holds its output, up to 1 MiB of each "
                "stream; with --dry-run the YAML, with --host auto why which host was chosen.",
                "A libvirt host of this machine without SEV rehearses a launch that demands nothing and gives no secret, and says so; "
                "every other launch there has to ask for it with --rehearse.",
                "With --detach keepctl returns as soon as the workload runs, or the launch was refused or failed, and prints the keep's "
                "id."},
            {workload},
            planOptions({{"detach", 'd', "", "Return once the workload runs, and print the keep's id"},
                {"quiet", 'q', "", "No progress and no appraisal on standard error, unless something is wrong"},
                {"console", 0, "",
                    "Show what the console of a virtual machine writes, on standard error; the host can write there what it likes"},
                {"dry-run", 0, "",
                    "For a cluster (--host kubevirt://CONTEXT/NAMESPACE): print the VirtualMachineInstance as YAML, ask no cluster, do "
                    "nothing"}}),
            {{"keepctl keep launch resources/examples/hello", "run the sample and see its appraisal"},
                {"keepctl keep launch -s token=token.txt app/", "deliver a secret once the keep is trusted"},
                {"keepctl keep launch --detach --name web --save-profile web app/", "leave it running, and keep how for later"},
                {"keepctl keep launch --profile web", "the same again"},
                {"keepctl keep launch --json app/ | jq .verdict", "for a script"}}},
        domainXmlVerb(workload, planOptions({})),
    };
}

} // namespace

Noun keepNoun()
{
    Noun noun{"keep", "protected instances, each with one workload",
        {"A keep is planned, started, appraised, and only then given its workload. It goes on when keepctl or the windows are closed: a "
         "loader process of its own holds its session."},
        launchVerbs()};
    const std::vector<Verb> more{
        {Command::KeepList, "list", "list the keeps, newest first", {"Id, name, state, verdict and host of each keep of this user."}, {},
            {{"running", 'r', "", "Only those that have not ended"}, json}, {{"keepctl keep list", "all keeps of this user"}}},
        {Command::KeepShow, "show", "show one keep", {"Its plan, its states with their times, its verdict and its records."}, {keepOperand},
            {json}, {{"keepctl keep show web", "the newest keep of that name"}}},
        {Command::KeepLogs, "logs", "print what the workload wrote, and what happened",
            {"The workload's standard output goes to standard output and its standard error to standard error, byte for byte; on a "
             "terminal "
             "control characters are made visible. Events go to standard error.",
                "With --timestamps everything goes to standard output, a line for each entry, with time and stream, and control characters "
                "made visible."},
            {keepOperand},
            {{"follow", 'f', "", "Go on printing until the keep ends"}, {"timestamps", 't', "", "Time and stream before each entry"},
                {"no-events", 0, "", "Only what the workload wrote"},
                {"console", 0, "", "Only what the console of a virtual machine wrote; the host can write there what it likes"},
                {"all", 'a', "", "Output, events and console"}},
            {{"keepctl keep logs -f web", "watch it"}}},
        {Command::KeepStop, "stop", "stop a keep",
            {"The workload is asked to end (a whole virtual machine by its power button), is ended after the grace time, and its keep is "
             "destroyed. "
             "Returns when the keep has ended. Asked again, it ends without waiting for its host: what is left there is said, and taken "
             "away "
             "later."},
            {keepOperand}, {{"grace", 'g', "SECONDS", "How long the workload may take to end; default 10, 0 ends it at once"}, json},
            {{"keepctl keep stop --grace 0 web", "end it now"}}},
        {Command::KeepRemove, "remove", "remove keeps that have ended",
            {"State and log are removed. Evidence records stay: they are never removed. A keep that has left something on its host, "
             "because that did "
             "not answer when it ended, is removed only when that is gone."},
            {{"KEEP", "a keep, by its id, the beginning of it (4 digits or more), or its name", Word::Keep, true}}, {},
            {{"keepctl keep remove web", "forget it, keep its evidence"}}},
        {Command::KeepAttest, "attest", "attest a running keep again",
            {"Asks the keep for a fresh report, appraises it and stores the record."}, {keepOperand}, {json},
            {{"keepctl keep attest web", "exit status 0 when it still holds"}}},
        {Command::KeepImportReport, "import-report", "appraise a report that a whole virtual machine made inside",
            {"A whole virtual machine has no warden: a report has to be made inside (with snpguest, for instance, from /dev/sev-guest) and "
             "brought here. It is appraised by what the launch expected, its owner key among that, and stored as a record of the keep. "
             "When it "
             "was made is unknown, and no secret is ever released for it. Certificates can be given beside it.",
                "Exit status: 0 trusted or authentic, 1 refused or undecided."},
            {keepOperand, {"FILE", "the report and its certificates, in whatever form they are", Word::File, true}}, {json},
            {{"keepctl keep import-report vm1 report.bin vcek.der", "what it proves"}}},
        {Command::KeepRecover, "recover", "give a new loader to a keep whose loader died",
            {"The keep is appraised anew before anything flows again. A keep whose warden has ended too is marked failed."}, {keepOperand},
            {}, {{"keepctl keep recover web", "after its loader was killed"}}},
    };
    noun.verbs.insert(noun.verbs.end(), more.begin(), more.end());
    return noun;
}

} // namespace kastellan::keepctl
