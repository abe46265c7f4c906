// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/table.h"

namespace kastellan::keepctl {

namespace {

const Option json{"json", 0, "", "Print one JSON object on standard output instead of text (docs/command-line.md)"};
const Operand keepOperand{"KEEP", "a keep, by its id, the beginning of it (4 digits or more), or its name", Word::Keep};
const Operand recordOperand{
    "RECORD", "an evidence record, by its id or the beginning of it; the name or id of a keep means its newest record", Word::Record};
const Operand keyOperand{"KEY", "a key, by its name or the beginning of its fingerprint", Word::Key};

/// What decides over a launch: the same for `keep plan` and `keep launch`.
std::vector<Option> planOptions(std::vector<Option> more)
{
    std::vector<Option> options{
        {"host", 'H', "HOST", "Where the keep runs (see 'keepctl host list'); default: emulated", Word::Host},
        {"name", 'n', "NAME", "What the keep is called; default: the workload's name"},
        {"arg", 'a', "ARG", "An argument for the workload, after those of Keep.toml; once for each", Word::Free, {}, true},
        {"env", 'e', "KEY=VALUE", "A variable for the workload; VALUE from a file as @FILE, a literal @ at the beginning as @@", Word::Free,
            {}, true},
        {"secret", 's', "NAME=FILE", "A secret that Keep.toml asks for, read from FILE; sent only after the keep was found trusted",
            Word::Free, {}, true},
        {"owner-key", 0, "NAME", "The owner key that the keep will obey; default: a fresh one for this keep", Word::Key},
        {"expect-digest", 0, "HEX", "The launch digest to expect, in place of the one that this build knows (96 hex digits)"},
        {"min-tcb", 0, "PART=N[,PART=N]", "The least version of a part of the platform's TCB: snp, bl, tee, ucode, fmc", Word::Free, {},
            true},
        {"interpreter", 0, "", "Run the module in the interpreter"},
        {"aot", 0, "", "Compile the module ahead of time on this machine, and run the compiled code"},
        {"strict", 0, "", "Require the findings that are otherwise advisory"},
        {"allow-debug", 0, "", "Accept a platform policy that lets the host read the keep's memory; recorded"},
        {"no-sandbox", 0, "", "Go on where the sandbox of an emulated keep cannot be made; a failing finding, recorded"},
    };
    for (Option &option : more)
        options.push_back(std::move(option));
    options.push_back(json);
    return options;
}

Noun hostNoun()
{
    return {"host", "the places where keeps can run",
        {"Keeps run on the emulated host, which is made of software. The host 'local' says what this machine has of AMD SEV; "
         "launching on it is not in this version."},
        {
            {Command::HostList, "list", "list the hosts", {"One line for each host: its id, its state, and its platform."}, {}, {json},
                {{"keepctl host list", "which hosts there are, and whether they are ready"}}},
            {Command::HostShow, "show", "show one host",
                {"State, what to do when it is not ready, and all that is known of its platform. What a host says of itself is help, "
                 "never proof."},
                {{"HOST", "a host's id or the beginning of it", Word::Host}}, {json},
                {{"keepctl host show emulated", "the software platform and its root"}}},
        }};
}

std::vector<Verb> launchVerbs()
{
    const Operand workload{
        "WORKLOAD", "a .wasm file, a folder with main.wasm and Keep.toml (or Enarx.toml), or a package of one", Word::Workload};
    return {
        {Command::KeepPlan, "plan", "show what a launch would do, and do nothing",
            {"Reads the workload, asks the host, and prints what would be measured, the expected launch digest, which root is accepted, "
             "and "
             "what would be sent once the keep has been appraised."},
            {workload}, planOptions({}), {{"keepctl keep plan hello.wasm", "what would be measured and trusted"}}},
        {Command::KeepLaunch, "launch", "launch a workload in a new keep",
            {"The keep is started, measured and appraised; only when its evidence holds are module, configuration and secrets sent. The "
             "record "
             "of the appraisal is stored first, for a refused launch too.",
                "In the foreground the workload's standard output and error are those of keepctl, byte for byte (on a terminal, control "
                "characters are made visible), its input is that of keepctl, and progress and the appraisal go to standard error. "
                "Interrupt (Ctrl-C) stops the keep gracefully, a second one at once. The exit status is the workload's.",
                "With --json nothing of the workload is passed through: one JSON object at the end holds its output, up to 1 MiB of each "
                "stream.",
                "With --detach keepctl returns as soon as the workload runs, or the launch was refused or failed, and prints the keep's "
                "id."},
            {workload},
            planOptions({{"detach", 'd', "", "Return once the workload runs, and print the keep's id"},
                {"quiet", 'q', "", "No progress and no appraisal on standard error, unless something is wrong"}}),
            {{"keepctl keep launch resources/examples/hello", "run the sample and see its appraisal"},
                {"keepctl keep launch -s token=token.txt app/", "deliver a secret once the keep is trusted"},
                {"keepctl keep launch --detach --name web app/", "leave it running"},
                {"keepctl keep launch --json app/ | jq .verdict", "for a script"}}},
    };
}

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
                {"no-events", 0, "", "Only what the workload wrote"}},
            {{"keepctl keep logs -f web", "watch it"}}},
        {Command::KeepStop, "stop", "stop a keep",
            {"The workload is asked to end, is ended after the grace time, and its keep is destroyed. Returns when the keep has ended."},
            {keepOperand}, {{"grace", 'g', "SECONDS", "How long the workload may take to end; default 10, 0 ends it at once"}, json},
            {{"keepctl keep stop --grace 0 web", "end it now"}}},
        {Command::KeepRemove, "remove", "remove keeps that have ended",
            {"State and log are removed. Evidence records stay: they are never removed."},
            {{"KEEP", "a keep, by its id, the beginning of it (4 digits or more), or its name", Word::Keep, true}}, {},
            {{"keepctl keep remove web", "forget it, keep its evidence"}}},
        {Command::KeepAttest, "attest", "attest a running keep again",
            {"Asks the keep for a fresh report, appraises it and stores the record."}, {keepOperand}, {json},
            {{"keepctl keep attest web", "exit status 0 when it still holds"}}},
        {Command::KeepRecover, "recover", "give a new loader to a keep whose loader died",
            {"The keep is appraised anew before anything flows again. A keep whose warden has ended too is marked failed."}, {keepOperand},
            {}, {{"keepctl keep recover web", "after its loader was killed"}}},
    };
    noun.verbs.insert(noun.verbs.end(), more.begin(), more.end());
    return noun;
}

Noun evidenceNoun()
{
    return {"evidence", "records of what keeps proved",
        {"Every appraisal is stored with all that is needed to compute it again, whatever its verdict. Records are chained by hash, and "
         "the "
         "chain's head is signed by the record key of this user."},
        {
            {Command::EvidenceList, "list", "list the records, newest first", {"Id, time, keep, kind and verdict of each record."}, {},
                {{"keep", 'k', "KEEP", "Only those of this keep", Word::Keep}, {"limit", 0, "N", "At most so many; default 1000"}, json},
                {{"keepctl evidence list --keep web", "all that this keep proved"}}},
            {Command::EvidenceShow, "show", "show one record",
                {"Verdict, every finding with what was expected and what was found, the certificate chain and the layers."},
                {recordOperand}, {{"fields", 'f', "", "Also every field of the raw report with its meaning"}, json},
                {{"keepctl evidence show web", "the newest record of that keep"}}},
            {Command::EvidenceExport, "export", "write a record to a file",
                {"json is for programs, html and pdf for a colleague, and bundle for an auditor: a zip with raw reports, certificates, "
                 "findings, "
                 "all inputs of the bindings, a signed manifest, and a README with the plain openssl commands that check it.",
                    "The file is written whole or not at all, and an existing one is never replaced without --force. PDF needs the desktop "
                    "program, kastellan, beside keepctl; it is run off screen."},
                {recordOperand},
                {{"format", 'F', "FORMAT", "json, html, pdf or bundle; default: by the ending of FILE, else html", Word::Choice,
                     {"json", "html", "pdf", "bundle"}},
                    {"output", 'o', "FILE", "Where to; - for standard output; default: the record's id in the current folder", Word::File},
                    {"force", 0, "", "Replace an existing file"}},
                {{"keepctl evidence export web --format html -o web.html", "a report to read"},
                    {"keepctl evidence export web --format bundle", "everything, to check again"}}},
            {Command::EvidenceFsck, "fsck", "check the evidence store",
                {"Checks every record, every link of the chain and the signature of its head. Exit status 1 when something is wrong."}, {},
                {json}, {{"keepctl evidence fsck", "nothing was changed or removed"}}},
        }};
}

Noun measureNoun()
{
    return {"measure", "launch digests, computed again",
        {"Computes what the firmware measures at launch, from files, without launching anything."},
        {
            {Command::MeasureProcess, "process", "the launch digest of a process keep",
                {"Computes the launch digest of a keep image as the emulated firmware does, page by page (docs/process-keep.md), and "
                 "compares it "
                 "with the one that this build knows. Exit status 1 when they differ; the files that differ are named."},
                {},
                {{"image", 'i', "FOLDER", "The keep image's files; default: the installed ones", Word::Folder},
                    {"pages", 'p', "", "Also every measured page: address, type and digest"}, json},
                {{"keepctl measure process", "is the installed keep image the one that was built?"}}},
        }};
}

Noun keysNoun()
{
    return {"keys", "the keys of this user",
        {"An owner key is what a keep obeys; its hash is bound into the keep's report. The record key signs the evidence store and its "
         "exports. Private keys lie in files of this user alone and are never printed."},
        {
            {Command::KeysList, "list", "list the keys", {"Name, use and fingerprint of each key."}, {}, {json},
                {{"keepctl keys list", "all keys"}}},
            {Command::KeysCreate, "create", "make an owner key", {"A P-384 key pair. An existing name is refused."},
                {{"NAME", "what the key is called: letters, digits, '-' and '_'"}}, {json},
                {{"keepctl keys create alice", "then: keepctl keep launch --owner-key alice app/"}}},
            {Command::KeysShow, "show", "show a key's public half", {"Its use, fingerprint (SHA-256 of the public key) and PEM."},
                {keyOperand}, {json}, {{"keepctl keys show record", "the key that signs exports"}}},
            {Command::KeysRemove, "remove", "remove a key for good",
                {"Running keeps that obey only this key go on with the copy in their own folder."}, {keyOperand}, {},
                {{"keepctl keys remove alice", "its private half is gone then"}}},
        }};
}

Noun logNoun()
{
    return {"log", "who did what, when", {"The activity log of this user's evidence store: launches, verdicts, exports, keys."},
        {{Command::Log, "", "print the activity log, newest first", {"Time, program, action, subject and outcome of each entry."}, {},
            {{"limit", 'n', "N", "At most so many entries; default 100"}, json}, {{"keepctl log --limit 20", "what happened lately"}}}}};
}

} // namespace

const std::vector<Noun> &nouns()
{
    static const std::vector<Noun> all{hostNoun(), keepNoun(), evidenceNoun(), measureNoun(), keysNoun(), logNoun()};
    return all;
}

const std::vector<Exit> &exits()
{
    static const std::vector<Exit> all{
        {0, "done, and positive"},
        {1, "a negative verdict: not ready, refused, undecided, does not verify"},
        {2, "wrong usage, or unusable input"},
        {3, "the environment failed: no device, no permission, host unreachable, disk full"},
    };
    return all;
}

const std::vector<Exit> &launchExits()
{
    static const std::vector<Exit> all{
        {125, "the keep could not be launched (also for wrong usage and unusable input)"},
        {126, "refused or undecided: nothing was sent"},
        {127, "the keep was trusted, but the workload could not be started"},
        {130, "stopped by Ctrl-C before the workload ended by itself (129 and 143: by a hang-up or a termination signal)"},
        {134, "the workload trapped"},
        {137, "the workload was ended: by one of its limits, or from elsewhere"},
    };
    return all;
}

const std::vector<std::pair<std::string_view, std::string_view>> &environmentVariables()
{
    static const std::vector<std::pair<std::string_view, std::string_view>> all{
        {"KASTELLAN_DATA", "where keeps, keys and evidence lie; default: $XDG_DATA_HOME/kastellan, or ~/.local/share/kastellan"},
        {"KASTELLAN_KEEP_IMAGE", "the keep image's files, in place of the installed ones; a launch still expects the built ones' digest"},
        {"NO_COLOR", "no colours, even on a terminal"},
    };
    return all;
}

const Noun *findNoun(std::string_view name)
{
    for (const Noun &noun : nouns())
        if (noun.name == name)
            return &noun;
    return nullptr;
}

const Verb *findVerb(const Noun &noun, std::string_view name)
{
    for (const Verb &verb : noun.verbs)
        if (verb.name == name)
            return &verb;
    return nullptr;
}

const Option *findOption(const Verb &verb, std::string_view name)
{
    for (const Option &option : verb.options)
        if (option.name == name)
            return &option;
    return nullptr;
}

std::string commandName(const Noun &noun, const Verb &verb)
{
    std::string text = "keepctl " + std::string(noun.name);
    if (!verb.name.empty())
        text += " " + std::string(verb.name);
    return text;
}

} // namespace kastellan::keepctl
