// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/inspectors.h"

#include "sev-backend/failures/failures.h"
#include "sev-backend/readiness/judge.h"
#include "sev-backend/readiness/look_libvirt.h"
#include "sev-backend/readiness/recording.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <format>

namespace kastellan::sev {
namespace {

std::string dayText(std::int64_t seconds)
{
    if (!seconds)
        return "an unknown day";
    return std::format("{:%Y-%m-%d %H:%M} UTC", std::chrono::sys_seconds(std::chrono::seconds(seconds)));
}

class LocalInspector final : public HostInspector {
public:
    explicit LocalInspector(LookOptions options)
        : m_options(std::move(options))
    {
    }
    Result<Readiness> inspect(const InspectOptions &options, const Progress &progress, std::stop_token stop) override
    {
        KASTELLAN_ASSIGN(const HostFacts facts, lookNow(options, progress, stop));
        return judge(facts);
    }
    Result<std::string> record(const InspectOptions &options, const Progress &progress, std::stop_token stop) override
    {
        KASTELLAN_ASSIGN(const HostFacts facts, lookNow(options, progress, stop));
        return toRecording(facts);
    }

private:
    Result<HostFacts> lookNow(const InspectOptions &options, const Progress &progress, const std::stop_token &stop) const
    {
        LookOptions wanted = m_options;
        wanted.probes = options.probes;
        wanted.redactChipId = options.redactChipId;
        return look(wanted, progress, stop);
    }
    LookOptions m_options;
};

class RecordingInspector final : public HostInspector {
public:
    RecordingInspector(HostFacts facts, std::string name)
        : m_facts(std::move(facts))
        , m_name(std::move(name))
    {
    }
    Result<Readiness> inspect(const InspectOptions &, const Progress &, std::stop_token) override
    {
        Readiness readiness = judge(m_facts);
        readiness.lookedAt =
            "a recording of " + (m_facts.title.empty() ? m_facts.host : m_facts.title) + ", " + dayText(m_facts.time) + " (" + m_name + ")";
        return readiness;
    }
    Result<std::string> record(const InspectOptions &options, const Progress &, std::stop_token) override
    {
        HostFacts facts = m_facts;
        if (options.redactChipId && facts.has("platform.chip_id"))
            facts.notLooked("platform.chip_id", "SEV_GET_ID2", "it was left out of the recording");
        return toRecording(facts);
    }

private:
    HostFacts m_facts;
    std::string m_name;
};

/// What a program wrote, without the ends of lines that terminals want; the end of it, where it is long.
std::string lastWords(std::string text)
{
    constexpr std::size_t most = 2000;
    std::erase(text, '\r');
    while (text.ends_with('\n'))
        text.pop_back();
    return text.size() > most ? "…" + text.substr(text.size() - most) : text;
}

class SshInspector final : public HostInspector {
public:
    SshInspector(std::string address, RunOver run)
        : m_address(std::move(address))
        , m_run(std::move(run))
    {
    }
    Result<Readiness> inspect(const InspectOptions &options, const Progress &progress, std::stop_token stop) override
    {
        KASTELLAN_ASSIGN(const std::string text, record(options, progress, stop));
        KASTELLAN_ASSIGN(HostFacts facts, fromRecording(text, "from " + m_address));
        facts.host = m_address;
        facts.title = m_address;
        Readiness readiness = judge(facts);
        readiness.lookedAt = m_address + " over ssh";
        return readiness;
    }
    Result<std::string> record(const InspectOptions &options, const Progress &progress, std::stop_token stop) override
    {
        KASTELLAN_ASSIGN(const auto command, sshCommand(m_address, options));
        if (progress)
            progress("asking " + m_address, 0, 0);
        auto output = m_run(command, stop);
        const char *what = "ask the other machine";
        if (output.cancelled)
            return fail(ErrorKind::Cancelled, what, m_address, "it was stopped");
        if (output.error == ENOENT)
            return environment(what, "ssh", "there is no such program in PATH",
                "Install OpenSSH's client, or judge a recording: 'keepctl host record' there, 'keepctl host check --from' here.");
        if (output.error)
            return systemError(what, "ssh", output.error);
        if (!output.ended && output.output.size() > recordingLimit)
            return environment(what, m_address, "it said too much: that is no recording", "Install the same version of Kastellan there.");
        if (!output.ended)
            return environment(what, m_address, "it did not answer in time", "Check the network, and that 'ssh' reaches it.");
        const std::string why = lastWords(output.errors);
        if (output.status == 255)
            return std::unexpected(explained(
                {ErrorKind::Environment, what, m_address, why.empty() ? "ssh failed, or what it ran there was ended by a signal" : why,
                    "Try 'ssh' there by hand: a key must do, since no password is asked for."}));
        if (output.status == 127)
            return environment(what, m_address, "there is no keepctl",
                "Install Kastellan there, or ask its libvirt: 'keepctl host check --host qemu+ssh://HOST/system'.");
        if (output.status != 0)
            return environment(what, m_address, "keepctl ended with " + std::to_string(output.status) + ": " + why,
                "Install the same version of Kastellan there.");
        return std::move(output.output);
    }

private:
    std::string m_address;
    RunOver m_run;
};

class LibvirtInspector final : public HostInspector {
public:
    LibvirtInspector(std::string uri, std::chrono::milliseconds patience)
        : m_uri(std::move(uri))
        , m_patience(patience)
    {
    }
    Result<Readiness> inspect(const InspectOptions &, const Progress &progress, std::stop_token stop) override
    {
        KASTELLAN_ASSIGN(const HostFacts facts, ask(progress, stop));
        Readiness readiness = judge(facts);
        readiness.lookedAt = "what libvirt alone says of " + m_uri;
        sayWhatIsMissing(readiness);
        return readiness;
    }
    Result<std::string> record(const InspectOptions &, const Progress &progress, std::stop_token stop) override
    {
        KASTELLAN_ASSIGN(const HostFacts facts, ask(progress, stop));
        return toRecording(facts);
    }

private:
    /// Most was not looked at, which needs no advice at each check.
    static void sayWhatIsMissing(Readiness &readiness)
    {
        std::size_t missing = 0;
        for (auto &check : readiness.checks)
            if (check.state == CheckState::Unknown && !check.id.starts_with("libvirt.")) {
                check.saw = "libvirt does not tell";
                check.means = check.remedy = check.command = {};
                ++missing;
            }
        for (auto &verdict : readiness.verdicts)
            if (verdict.state == ReadinessVerdict::State::Unknown) {
                const ReadinessCheck *own = readiness.check(verdict.protection == "snp" ? "libvirt.snp" : "libvirt.sev");
                verdict.sentence = (own && own->state == CheckState::Pass ? "libvirt has " : "libvirt does not tell of ") + verdict.title
                    + std::format("; {} checks would need keepctl on that machine.", missing);
            }
    }
    Result<HostFacts> ask(const Progress &progress, const std::stop_token &stop) const
    {
        HostFacts facts;
        facts.host = facts.title = m_uri;
        facts.time = static_cast<std::int64_t>(std::time(nullptr));
        facts.root.clear();
        facts.recordedBy = "Kastellan " KASTELLAN_VERSION;
        if (progress)
            progress("asking libvirt at " + m_uri, 0, 0);
        lookAtLibvirt(facts, m_uri, m_patience, stop);
        if (stop.stop_requested())
            return fail(ErrorKind::Cancelled, "ask libvirt", m_uri, "it was stopped");
        if (!facts.has("libvirt.version"))
            return std::unexpected(explained({ErrorKind::Environment, "ask libvirt", m_uri, facts.why("libvirt.version"),
                "Check that libvirt runs there and answers ('virsh -c URI version'), and that this user may use it."}));
        return facts;
    }
    std::string m_uri;
    std::chrono::milliseconds m_patience;
};

bool isWord(std::string_view text, std::string_view others)
{
    return !text.empty() && text.size() <= 255 && text.front() != '-' && std::ranges::all_of(text, [others](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || others.find(c) != std::string_view::npos;
    });
}

} // namespace

std::shared_ptr<HostInspector> makeLocalInspector(LookOptions options)
{
    return std::make_shared<LocalInspector>(std::move(options));
}

std::shared_ptr<HostInspector> makeLocalInspector()
{
    LookOptions options;
    options.machine = MachineAccess::real();
    return makeLocalInspector(std::move(options));
}

Result<std::shared_ptr<HostInspector>> makeRecordingInspector(std::string_view recording, std::string_view name)
{
    KASTELLAN_ASSIGN(HostFacts facts, fromRecording(recording, name));
    return std::make_shared<RecordingInspector>(std::move(facts), std::string(name));
}

bool isSshAddress(std::string_view address)
{
    return address.starts_with("ssh://");
}

Result<std::vector<std::string>> sshCommand(std::string_view address, const InspectOptions &options)
{
    const auto wrong = [address](const char *why) {
        return badInput("find a machine", std::string(address.substr(0, 200)), why, "Write ssh://[USER@]HOST[:PORT].");
    };
    if (!isSshAddress(address))
        return wrong("it does not begin with ssh://");
    std::string_view rest = address.substr(6), user, port;
    if (rest.ends_with('/'))
        rest.remove_suffix(1);
    if (const auto at = rest.find('@'); at != std::string_view::npos) {
        user = rest.substr(0, at);
        rest.remove_prefix(at + 1);
        if (!isWord(user, "._-"))
            return wrong("the user's name has other characters than letters, digits, '.', '_' and '-'");
    }
    std::string_view host = rest;
    if (rest.starts_with('[')) { // an IPv6 address
        const auto close = rest.find(']');
        if (close == std::string_view::npos)
            return wrong("a bracket is open");
        host = rest.substr(1, close - 1);
        rest.remove_prefix(close + 1);
        if (!isWord(host, ":.%"))
            return wrong("it is no IPv6 address in the brackets");
        if (!rest.empty() && !rest.starts_with(':'))
            return wrong("something else than a port follows the address");
        port = rest.empty() ? rest : rest.substr(1);
    } else {
        const auto colon = rest.find(':');
        host = rest.substr(0, colon);
        port = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
        if (!isWord(host, ".-_"))
            return wrong("the host's name has other characters than letters, digits, '.', '_' and '-'");
        if (colon != std::string_view::npos && port.empty())
            return wrong("the port is missing");
    }
    std::vector<std::string> words{
        "ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ClearAllForwardings=yes", "-a", "-x"};
    if (!port.empty()) {
        const auto number = factNumber(port);
        if (!number || *number == 0 || *number > 65535 || port.starts_with("0"))
            return wrong("the port is no number up to 65535");
        words.insert(words.end(), {"-p", std::string(port)});
    }
    words.push_back("--");
    words.push_back((user.empty() ? "" : std::string(user) + "@") + std::string(host));
    // One word for each argument: the other side's shell gets nothing that came from outside.
    words.insert(words.end(), {"keepctl", "host", "record"});
    if (!options.probes)
        words.push_back("--no-probes");
    if (options.redactChipId)
        words.push_back("--redact-chip-id");
    words.push_back("-");
    return words;
}

Result<std::shared_ptr<HostInspector>> makeSshInspector(std::string_view address, RunOver run)
{
    if (const auto command = sshCommand(address, {}); !command)
        return std::unexpected(command.error());
    if (!run)
        run = [](const std::vector<std::string> &words, const std::stop_token &stop) {
            return runProgram(words, {std::chrono::milliseconds(60'000), recordingLimit, stop});
        };
    return std::make_shared<SshInspector>(std::string(address), std::move(run));
}

Result<std::shared_ptr<HostInspector>> makeLibvirtInspector(std::string_view uri, std::chrono::milliseconds patience)
{
    KASTELLAN_TRY(checkLibvirtUri(uri));
    return std::make_shared<LibvirtInspector>(std::string(uri), patience);
}

} // namespace kastellan::sev
