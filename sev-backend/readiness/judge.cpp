// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/judge.h"

#include "sev-backend/abi/tcb.h"
#include "sev-backend/readiness/checks.h"

#include <algorithm>

namespace kastellan::sev {
namespace {

ReadinessCheck described(const CheckDefinition &definition)
{
    ReadinessCheck check;
    check.id = definition.id;
    check.area = definition.area;
    check.title = definition.title;
    check.parent = definition.parent;
    check.needs.assign(definition.needs.begin(), definition.needs.end());
    check.blocks.assign(definition.blocks.begin(), definition.blocks.end());
    check.looked = definition.looked;
    check.source = definition.source;
    return check;
}

/// The check that makes this one senseless; none where all it needs is there, or may be.
const ReadinessCheck *causeOf(const Readiness &readiness, const CheckDefinition &definition)
{
    for (const auto need : definition.needs) {
        const ReadinessCheck *other = readiness.check(need);
        if (other && other->state == CheckState::Fail)
            return other;
        if (other && other->state == CheckState::Skipped)
            return readiness.check(other->skippedFor);
    }
    return nullptr;
}

void addFacts(const HostFacts &facts, Readiness &readiness)
{
    const auto add = [&readiness](const char *label, std::string value) {
        if (!value.empty())
            readiness.facts.emplace_back(label, std::move(value));
    };
    const auto text = [&facts](std::string_view key) { return std::string(facts.text(key).value_or("")); };
    const auto found = generation(facts);
    add("Processor", facts.has("cpu.brand") ? text("cpu.brand") : text("cpuinfo.model"));
    add("Vendor", std::string(cpuVendor(facts).value_or("unknown")));
    add("Generation", found ? std::string(found->name) : std::string());
    std::string features;
    for (const auto &[bit, flag, title] : {std::tuple{1u, "sev", "SEV"}, {3u, "sev_es", "SEV-ES"}, {4u, "sev_snp", "SEV-SNP"}})
        if (sevFeature(facts, bit, flag).value_or(false))
            features += (features.empty() ? "" : " ") + std::string(title);
    add("Processor features", features.empty() ? "no SEV" : features);
    for (const auto &[key, label] : {std::pair{"dev.sev", "/dev/sev"}, {"dev.kvm", "/dev/kvm"}}) {
        const std::string base(key);
        add(label,
            facts.has(base + ".write") ? "there, and ours to use"
                : facts.has(base)      ? "there, but not ours to use: " + facts.why(base + ".write")
                : facts.isAbsent(base) ? std::string("not there")
                                       : "not known: " + facts.why(base));
    }
    for (const auto &[key, label] : {std::pair{"sev", "kvm_amd sev"}, {"sev_es", "kvm_amd sev_es"}, {"sev_snp", "kvm_amd sev_snp"}}) {
        const std::string value = text("module.kvm_amd." + std::string(key));
        add(label, !value.empty() ? value : facts.has("module.kvm_amd") ? "no such parameter" : "kvm_amd is not loaded");
    }
    add("SEV firmware", text("platform.sev.version"));
    for (const auto &[key, label] : {std::pair{"platform.snp.tcb.current", "TCB, current"}, {"platform.snp.tcb.reported", "TCB, reported"}})
        if (const auto bytes = fromHex(text(key)); bytes && bytes->size() == 8 && found)
            add(label, TcbVersion(*TcbBytes::from(*bytes, key), layoutOf(found->product)).text());
    add("BIOS", text("bios.version") + (facts.has("bios.date") ? ", " + text("bios.date") : ""));
    add("Kernel", text("kernel.release"));
    add("System", text("env.system"));
    add("QEMU", text("qemu.version"));
    add("libvirt", text("libvirt.version"));
}

void addEmulatedFacts(const HostFacts &facts, Readiness &readiness)
{
    for (const auto &number : facts.below("shown."))
        if (const auto text = facts.text("shown." + number)) {
            const auto colon = text->find(": ");
            if (colon != std::string_view::npos)
                readiness.facts.emplace_back(text->substr(0, colon), text->substr(colon + 2));
        }
}

constexpr std::pair<const char *, const char *> protections[] = {{"sev", "SEV"}, {"es", "SEV-ES"}, {"snp", "SEV-SNP"}};

} // namespace

ReadinessVerdict verdictOf(const Readiness &readiness, std::string protection, std::string title)
{
    ReadinessVerdict verdict{std::move(protection), std::move(title), ReadinessVerdict::State::Ready, {}, {}};
    const std::string what = verdict.protection == "emulated" ? "Emulated keeps" : verdict.title + " guests";
    std::vector<const ReadinessCheck *> bad, open;
    std::size_t warnings = 0;
    const auto add = [](auto &list, const ReadinessCheck *check) {
        if (std::ranges::find(list, check) == list.end())
            list.push_back(check);
    };
    for (const auto &check : readiness.checks) {
        if (check.state == CheckState::Warning)
            ++warnings;
        if (std::ranges::find(check.blocks, verdict.protection) == check.blocks.end())
            continue;
        if (check.state == CheckState::Fail)
            add(bad, &check);
        else if (check.state == CheckState::Unknown)
            add(open, &check);
        else if (check.state == CheckState::Skipped) // whatever made it senseless: it was not passed
            add(bad, readiness.check(check.skippedFor) ? readiness.check(check.skippedFor) : &check);
    }
    const auto &causes = bad.empty() ? open : bad;
    for (const auto *cause : causes)
        verdict.causes.push_back(cause->id);
    const auto sentence = [](std::string text) { return text.empty() || text.ends_with('.') ? text : text + '.'; };
    const std::string more = causes.size() <= 1 ? ""
        : causes.size() == 2                    ? " There is one more cause."
                                                : " There are " + std::to_string(causes.size() - 1) + " more causes.";
    if (!bad.empty()) {
        verdict.state = ReadinessVerdict::State::NotReady;
        const std::string why = bad.front()->means.empty() ? bad.front()->title + ": " + bad.front()->saw : bad.front()->means;
        verdict.sentence = what + " cannot be launched. " + sentence(why) + more;
    } else if (!open.empty()) {
        verdict.state = ReadinessVerdict::State::Unknown;
        verdict.sentence =
            "Whether " + what + " can be launched is not known. " + sentence(open.front()->title + ": " + open.front()->saw) + more;
    } else {
        verdict.sentence = what + " can be launched."
            + (warnings ? " " + std::to_string(warnings) + (warnings == 1 ? " thing" : " things") + " should be mended." : "");
    }
    if (!verdict.sentence.empty() && verdict.sentence.back() != '.')
        verdict.sentence += '.';
    return verdict;
}

Readiness judge(const HostFacts &facts)
{
    Readiness readiness;
    readiness.host = facts.host;
    readiness.title = facts.title;
    readiness.time = facts.time;
    readiness.root = facts.root;
    readiness.lookedAt = "this computer";
    readiness.emulated = isEmulated(facts);
    const auto &table = readiness.emulated ? emulatedCheckTable() : checkTable();
    readiness.checks.reserve(table.size()); // causes point into it
    for (const auto &definition : table) {
        ReadinessCheck check = described(definition);
        if (const ReadinessCheck *cause = causeOf(readiness, definition)) {
            check.state = CheckState::Skipped;
            check.skippedFor = cause->id;
            check.means = "It makes no sense before this passes: " + cause->title + " (" + cause->id + ").";
        } else {
            Judgement judgement = definition.judge(facts);
            check.state = judgement.state;
            check.saw = std::move(judgement.saw);
            check.means = std::move(judgement.means);
            check.remedy = std::move(judgement.remedy);
            check.command = std::move(judgement.command);
            check.skippedFor = std::move(judgement.skippedFor);
        }
        readiness.checks.push_back(std::move(check));
    }
    if (readiness.emulated) {
        readiness.verdicts.push_back(verdictOf(readiness, "emulated", "Emulated"));
        addEmulatedFacts(facts, readiness);
        return readiness;
    }
    for (const auto &[protection, title] : protections)
        readiness.verdicts.push_back(verdictOf(readiness, protection, title));
    addFacts(facts, readiness);
    return readiness;
}

} // namespace kastellan::sev
