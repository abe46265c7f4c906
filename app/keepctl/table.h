// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kastellan::keepctl {

/// What keepctl can be asked to do: one for each verb of the table. The dispatcher switches over it, so none can be forgotten.
enum class Command {
    HostList,
    HostShow,
    HostAdd,
    HostRemove,
    HostExplain,
    KeepPlan,
    KeepLaunch,
    KeepList,
    KeepShow,
    KeepLogs,
    KeepStop,
    KeepRemove,
    KeepAttest,
    KeepRecover,
    KeepImportReport,
    KeepDomainXml,
    EvidenceList,
    EvidenceShow,
    EvidenceVerify,
    EvidenceDiff,
    EvidenceExport,
    EvidenceFsck,
    EvidencePolicy,
    MeasureProcess,
    MeasureSev,
    MeasureEs,
    MeasureSnp,
    MeasureSvsm,
    MeasureVm,
    MeasureOvmfHash,
    MeasureIdBlock,
    MeasureKeyDigest,
    OwnerSession,
    OwnerMeasurement,
    OwnerSecret,
    OwnerReport,
    OwnerVmsa,
    ProfileList,
    ProfileShow,
    ProfileRemove,
    KeysList,
    KeysCreate,
    KeysShow,
    KeysRemove,
    CertsImport,
    CertsList,
    CertsShow,
    CertsVerify,
    CertsExport,
    CertsRemove,
    CertsFetch,
    HostPins,
    HostPin,
    HostUnpin,
    HostCheck,
    HostRecord,
    HostStatus,
    HostCerts,
    HostExportChain,
    HostCsr,
    HostGenerateOca,
    HostSignCsr,
    HostImport,
    HostProvision,
    HostSelfOwn,
    HostRotatePdh,
    HostReset,
    HostSetConfig,
    HostResetConfig,
    HostCommit,
    HostVlekLoad,
    HostKds,
    EvidenceReappraise,
    EvidenceHold,
    EvidenceRelease,
    EvidencePurge,
    EvidenceBackup,
    EvidenceRestore,
    Log,
    Emulate,
    ImageBuild,
    ImageShow,
    ImageVerify,
};

/// What a word on the command line stands for: how a shell completes it.
enum class Word {
    Free, ///< anything; nothing is offered
    File,
    Folder,
    Workload, ///< a .wasm file or a folder
    Host,
    Keep,
    Record,
    Key,
    Profile,
    Choice, ///< one of `choices`
};

/// An option of a verb. `value` is empty for a flag.
struct Option {
    std::string_view name; ///< without the dashes: "expect-digest"
    char letter = 0; ///< 'o' for -o, 0 for none
    std::string_view value;
    std::string_view help; ///< one sentence, without a full stop
    Word word = Word::Free;
    std::vector<std::string_view> choices = {};
    bool repeats = false;
};

/// A word that is not an option: what a verb works on.
struct Operand {
    std::string_view name; ///< "KEEP"
    std::string_view help;
    Word word = Word::Free;
    bool repeats = false; ///< one or more
    bool optional = false; ///< may be left out; only the last one
};

/// An example for the help and the man page.
struct Example {
    std::string_view line, meaning;
};

/// One thing to do with a noun.
struct Verb {
    Command command;
    std::string_view name; ///< empty for a noun that is itself a command (`keepctl log`)
    std::string_view summary; ///< one line, without a full stop
    std::vector<std::string_view> text; ///< paragraphs
    std::vector<Operand> operands = {};
    std::vector<Option> options = {};
    std::vector<Example> examples = {};
};

/// One area.
struct Noun {
    std::string_view name, summary;
    std::vector<std::string_view> text;
    std::vector<Verb> verbs;
};

/// What a number that keepctl exits with means.
struct Exit {
    int code;
    std::string_view meaning;
};

/// The one table: parser, help, man pages, completions and docs/command-line.md are all made from it.
[[nodiscard]] const std::vector<Noun> &nouns();
/// Exit codes of every command but a foreground launch, and those of a foreground launch.
[[nodiscard]] const std::vector<Exit> &exits();
[[nodiscard]] const std::vector<Exit> &launchExits();
/// Those of `keepctl emulate`.
[[nodiscard]] const std::vector<Exit> &emulateExits();
/// Environment variables that keepctl heeds, with what they do.
[[nodiscard]] const std::vector<std::pair<std::string_view, std::string_view>> &environmentVariables();

[[nodiscard]] const Noun *findNoun(std::string_view name);
[[nodiscard]] const Verb *findVerb(const Noun &noun, std::string_view name);
[[nodiscard]] const Option *findOption(const Verb &verb, std::string_view name);
/// "keepctl keep launch"
[[nodiscard]] std::string commandName(const Noun &noun, const Verb &verb);

} // namespace kastellan::keepctl
