// SPDX-License-Identifier: Apache-2.0
#include "core/keeps/whole_machine.h"

#include "core/base/digest.h"

#include <algorithm>
#include <array>

namespace kastellan {
namespace fs = std::filesystem;
namespace {

constexpr const char *planning = "plan the launch";
constexpr std::size_t leastDigits = 64; ///< of 256 bits

/// The words of a kernel command line: blanks part them, but not within double quotes.
std::vector<std::string> wordsOf(std::string_view line)
{
    std::vector<std::string> words;
    std::string word;
    bool quoted = false;
    for (const char c : line) {
        if (c == '"')
            quoted = !quoted;
        else if ((c == ' ' || c == '\t' || c == '\n') && !quoted)
            words.push_back(std::exchange(word, {}));
        else
            word += c;
    }
    words.push_back(std::move(word));
    std::erase_if(words, [](const std::string &one) { return one.empty(); });
    return words;
}

bool isHex(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); });
}

/// A device-mapper table with verity in it: one of its words is a digest that is long enough.
bool hasVerityTable(std::string_view table)
{
    bool verity = false, digest = false;
    for (std::size_t at = 0; at <= table.size();) {
        const std::size_t end = std::min(table.find_first_of(" ,;=", at), table.size());
        const auto word = table.substr(at, end - at);
        verity |= word == "verity";
        digest |= word.size() >= leastDigits && isHex(word);
        at = end + 1;
    }
    return verity && digest;
}

bool isOff(std::string_view value)
{
    return value == "0" || value == "no" || value == "n" || value == "false" || value == "off";
}

} // namespace

std::string diskRootedBy(std::string_view commandLine)
{
    std::string rooted;
    for (const std::string &word : wordsOf(commandLine)) {
        const auto equals = word.find('=');
        const std::string name = word.substr(0, equals);
        const std::string_view value = equals == std::string::npos ? std::string_view() : std::string_view(word).substr(equals + 1);
        if ((name == "systemd.verity" || name == "rd.systemd.verity" || name == "veritytab" || name == "rd.veritytab") && isOff(value))
            return {};
        // Corruption that is only logged roots nothing.
        if (word.contains("ignore_corruption") || word.contains("ignore-corruption"))
            return {};
        if (((name == "roothash" || name == "usrhash") && value.size() >= leastDigits && isHex(value))
            || ((name == "dm-mod.create" || name == "dm") && hasVerityTable(value)))
            if (rooted.empty() || name == "roothash")
                rooted = name;
    }
    return rooted;
}

std::optional<Finding> diskFinding(const MachineImage &image)
{
    if (image.disk.empty())
        return {};
    const std::string rooted = image.kernel.empty() ? std::string() : diskRootedBy(image.commandLine);
    Finding finding;
    finding.id = "disk.unmeasured";
    finding.area = "launch";
    finding.outcome = rooted.empty() ? Outcome::Fail : Outcome::Pass;
    finding.required = false;
    finding.reference = true; // where the disk is not proven, what runs is not what was expected, whatever else is
    finding.expected = "a disk that is rooted in the measured command line (dm-verity)";
    finding.actual = !rooted.empty() ? "rooted by " + rooted + "= of the measured command line"
        : image.kernel.empty()       ? "the machine starts from its disk, which is not measured"
                                     : "the command line names no root of the disk";
    finding.why =
        "Firmware, kernel, initrd and command line are measured, a disk is not: the host can change it. With the root of a hash tree "
        "in the command line, the measured kernel and initrd refuse what was changed.";
    if (rooted.empty())
        finding.remedy =
            "Make the disk with dm-verity (veritysetup format), and launch with --kernel, --initrd and --append \"… roothash=HEX\".";
    finding.source = "docs/workloads.md";
    return finding;
}

Finding machineFinding()
{
    Finding finding;
    finding.id = "workload.machine";
    finding.area = "workload";
    finding.outcome = Outcome::Info;
    finding.required = false;
    finding.actual = "a whole virtual machine";
    finding.why =
        "There is no warden in it: it can't be asked for reports from here, and is given nothing. What its launch digest covers is what "
        "is proven; a report that it makes inside can be imported.";
    finding.source = "docs/workloads.md";
    return finding;
}

Finding importedFinding()
{
    Finding finding;
    finding.id = "binding.fresh";
    finding.area = "binding";
    finding.outcome = Outcome::Unknown;
    finding.required = false;
    finding.expected = "a report that was made for a question of ours";
    finding.actual = "it was imported: nothing says when it was made";
    finding.reference = true; // nothing ties it to the machine that runs here
    finding.why =
        "It may be of another machine that the host started from the same image with the same owner key, or of an earlier one: nothing "
        "ties it to what runs here.";
    finding.remedy = "Have the machine make another report, and import that.";
    finding.source = "docs/workloads.md";
    return finding;
}

Result<Workload> wholeWorkload(LaunchRequest &request)
{
    MachineImage &image = *request.machine.whole;
    if (!request.workload.empty())
        return badInput(planning, request.workload.string(), "a module was given, and a whole machine too", "Give one of them.");
    if (image.kernel.empty() && image.disk.empty())
        return badInput(planning, {}, "nothing starts this machine", "Give --kernel, --disk, or both.");
    if (image.kernel.empty() && (!image.initrd.empty() || !image.commandLine.empty()))
        return badInput(planning, {}, "--initrd and --append are for a kernel, and there is none", "Add --kernel.");
    if (!request.args.empty() || !request.env.empty() || !request.secretNames.empty())
        return badInput(planning, {}, "a whole machine is given no arguments, variables or secrets: there is no warden in it",
            "Put arguments into the command line (--append); a secret can be given by your own attestation inside.");
    if (request.execution != "auto")
        return badInput(
            planning, {}, "a whole machine is not a module that is interpreted or compiled", "Leave --interpreter and --aot out.");
    if (image.commandLine.size() > 2047 || std::ranges::any_of(image.commandLine, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
        return badInput(planning, "--append", "a command line has at most 2047 bytes and no control characters");
    for (std::string *file : {&image.kernel, &image.initrd, &image.disk}) {
        if (file->empty())
            continue;
        std::error_code code;
        const fs::path path = fs::absolute(*file, code).lexically_normal();
        if (code || !fs::is_regular_file(path, code))
            return badInput(planning, *file, "there is no such file", "Check the name.");
        *file = path.string();
    }
    Workload workload;
    workload.path = image.kernel.empty() ? image.disk : image.kernel;
    workload.name = workload.path.filename().string();
    return workload;
}

Sha256 wholeDigest(const LaunchPlan &plan)
{
    std::string text = "kastellan-machine-1\n";
    for (const MeasuredFile &file : plan.image)
        text += file.path + " " + toHex(file.sha256.view()) + "\n";
    if (plan.machine && plan.machine->request.whole)
        text += "append " + plan.machine->request.whole->commandLine + "\n";
    return sha256(asBytes(text));
}

} // namespace kastellan
