// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/commands.h"
#include "app/keepctl/evidence_files.h"
#include "app/keepctl/find.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "app/keepctl/reference_options.h"
#include "core/evidence/json.h"
#include "core/evidence/reappraise.h"

#include <algorithm>

namespace kastellan::keepctl {

namespace {

/// One of the two things that are compared.
struct Side {
    std::string name;
    Evidence evidence;
    EvidenceView view;
    Appraisal appraisal;
};

Result<Side> sideFrom(const std::string &word, const Context &context, const References &references)
{
    Side side;
    side.name = word;
    if (meansFile(word)) {
        const std::string paths[] = {word};
        KASTELLAN_ASSIGN(Recognised recognised, evidenceOf(*context.backend, paths));
        if (recognised.evidence.size() > 1)
            return badInput("compare evidence", word, "it holds " + std::to_string(recognised.evidence.size()) + " pieces of evidence",
                "Give a file with one of them.");
        side.evidence = std::move(recognised.evidence.front().evidence);
        side.appraisal = appraiseNow(*context.backend, side.evidence, references);
    } else {
        KASTELLAN_ASSIGN(const auto store, RecordStore::open());
        KASTELLAN_ASSIGN(const Record record, findRecord(*store, word));
        side.name = record.id;
        side.evidence = record.evidence;
        side.appraisal = reappraise(record, *context.backend, references.at);
    }
    KASTELLAN_ASSIGN(side.view, context.backend->describe(side.evidence));
    return side;
}

/// One thing that is not the same on both sides; an empty value: it is not there.
struct Difference {
    std::string area, name, a, b;
};

/// Values by name, in the order of the first side and then of the second.
using Values = std::vector<std::pair<std::string, std::string>>;

void compare(std::vector<Difference> &differences, const std::string &area, const Values &a, const Values &b)
{
    const auto valueOf = [](const Values &values, const std::string &name) {
        const auto at = std::ranges::find(values, name, &Values::value_type::first);
        return at == values.end() ? std::string() : at->second;
    };
    for (const auto &[name, value] : a)
        if (const std::string other = valueOf(b, name); other != value)
            differences.push_back({area, name, value, other});
    for (const auto &[name, value] : b)
        if (std::ranges::find(a, name, &Values::value_type::first) == a.end())
            differences.push_back({area, name, {}, value});
}

Values fieldsOf(const Side &side)
{
    Values values;
    for (const Field &field : side.view.fields)
        values.emplace_back(field.name, field.value.empty() ? "(empty)" : field.value);
    return values;
}

Values tcbOf(const Side &side)
{
    Values values;
    for (const TcbColumn &column : side.view.tcb)
        for (const TcbLevel &level : column.levels)
            values.emplace_back(column.name + " " + level.name, std::to_string(level.value));
    return values;
}

Values chainOf(const Side &side)
{
    Values values;
    for (const CertificateView &link : side.view.chain)
        values.emplace_back(link.role, link.subject + ", SHA-256 " + link.sha256);
    return values;
}

Values findingsOf(const Side &side)
{
    Values values{{"verdict", std::string(name(side.appraisal.verdict)) + (side.appraisal.emulated ? " (emulated)" : "")}};
    for (const Finding &finding : side.appraisal.findings)
        values.emplace_back(finding.id, std::string(name(finding.outcome)) + ": " + finding.actual);
    return values;
}

js::Out sideJson(const Side &side)
{
    return {{"name", side.name}, {"kind", side.evidence.kind}, {"technology", side.view.technology}, {"product", side.view.product},
        {"verdict", name(side.appraisal.verdict)}, {"emulated", side.appraisal.emulated}};
}

std::string differencesText(const std::vector<Difference> &differences, const Side &a, const Side &b)
{
    std::string text, area;
    const auto shown = [](const std::string &value) { return value.empty() ? std::string("(not there)") : inLine(value); };
    for (const Difference &one : differences) {
        if (one.area != area)
            text += painted(1, Colour::Bold, area = one.area) + "\n";
        text += "  " + inLine(one.name) + "\n" + facts({{"a", shown(one.a)}, {"b", shown(one.b)}}, 4);
    }
    const std::string head = facts({{"a", inLine(a.name) + ": " + kindText(a.evidence.kind) + ", " + a.view.product},
        {"b", inLine(b.name) + ": " + kindText(b.evidence.kind) + ", " + b.view.product}});
    return head + (differences.empty() ? "no difference\n" : text + std::to_string(differences.size()) + " differences\n");
}

} // namespace

Result<int> evidenceDiff(const Invocation &asked, const Context &context)
{
    KASTELLAN_ASSIGN(const References references, referencesFrom(asked));
    KASTELLAN_ASSIGN(const Side a, sideFrom(asked.operands[0], context, references));
    KASTELLAN_ASSIGN(const Side b, sideFrom(asked.operands[1], context, references));
    std::vector<Difference> differences;
    compare(differences, "evidence", {{"kind", a.evidence.kind}, {"technology", a.view.technology}, {"product", a.view.product}},
        {{"kind", b.evidence.kind}, {"technology", b.view.technology}, {"product", b.view.product}});
    compare(differences, "fields", fieldsOf(a), fieldsOf(b));
    compare(differences, "tcb", tcbOf(a), tcbOf(b));
    compare(differences, "chain", chainOf(a), chainOf(b));
    compare(differences, "findings", findingsOf(a), findingsOf(b));
    if (asked.has("json")) {
        js::Out list = js::Out::array();
        const auto value = [](const std::string &text) { return text.empty() ? js::Out(nullptr) : js::Out(text); };
        for (const Difference &one : differences)
            list.push_back({{"area", one.area}, {"name", one.name}, {"a", value(one.a)}, {"b", value(one.b)}});
        printJson({{"same", differences.empty()}, {"a", sideJson(a)}, {"b", sideJson(b)}, {"differences", std::move(list)}});
    } else {
        print(differencesText(differences, a, b));
    }
    return differences.empty() ? exit_code::done : exit_code::negative;
}

} // namespace kastellan::keepctl
