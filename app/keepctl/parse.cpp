// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/parse.h"

#include "app/keepctl/suggest.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>

namespace kastellan::keepctl {

namespace {

std::unexpected<Error> wrongUsage(std::string where, std::string why, const std::string &meant, const std::string &help)
{
    const std::string remedy = (meant.empty() ? std::string() : "Did you mean " + meant + "? ") + "See " + help + " --help.";
    return badInput("understand the command line", std::move(where), std::move(why), remedy);
}

std::vector<std::string> nounNames()
{
    std::vector<std::string> names{"help"};
    for (const Noun &noun : nouns())
        names.emplace_back(noun.name);
    return names;
}

std::vector<std::string> verbNames(const Noun &noun)
{
    std::vector<std::string> names;
    for (const Verb &verb : noun.verbs)
        names.emplace_back(verb.name);
    return names;
}

std::vector<std::string> optionNames(const Verb &verb)
{
    std::vector<std::string> names{"--help"};
    for (const Option &option : verb.options)
        names.push_back("--" + std::string(option.name));
    return names;
}

/// The parsers of one verb, and the words that it takes beside options.
struct VerbParser {
    CLI::App *app = nullptr;
    std::vector<CLI::Option *> options; ///< in the table's order
    std::vector<std::string> operands;
};

/// Unknown words stay as remains, for the errors are ours: they suggest what was meant.
void arrange(CLI::App &app)
{
    app.set_help_flag();
    app.add_flag("-h,--help");
    app.allow_extras();
    app.require_subcommand(0, 1); // or a keep's name that is also a noun would be taken for one
}

void addVerb(CLI::App &app, const Verb &verb, VerbParser &parser)
{
    parser.app = &app;
    for (const Option &option : verb.options) {
        std::string name = "--" + std::string(option.name);
        if (option.letter)
            name = "-" + std::string(1, option.letter) + "," + name;
        if (option.value.empty()) {
            parser.options.push_back(app.add_flag(name));
            continue;
        }
        CLI::Option *added = app.add_option(name, [](const CLI::results_t &) { return true; }, "", false);
        added->type_size(1)->expected(1)->allow_extra_args(false);
        added->multi_option_policy(option.repeats ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::Throw);
        parser.options.push_back(added);
    }
}

Status checkOperands(const Noun &noun, const Verb &verb, const std::vector<std::string> &operands)
{
    const std::string name = commandName(noun, verb);
    if (operands.size() < verb.operands.size() && !verb.operands[operands.size()].optional) {
        const Operand &missing = verb.operands[operands.size()];
        return wrongUsage("", "'" + name + "' needs a " + std::string(missing.name) + ": " + std::string(missing.help), {}, name);
    }
    const bool repeats = !verb.operands.empty() && verb.operands.back().repeats;
    if (operands.size() > verb.operands.size() && !repeats)
        return wrongUsage(operands[verb.operands.size()],
            "'" + name + "' takes "
                + (verb.operands.empty() ? std::string("no such word") : "nothing more after " + std::string(verb.operands.back().name)),
            {}, name);
    return {};
}

Status checkOptions(const Noun &noun, const Verb &verb, const Invocation &asked)
{
    for (const Option &option : verb.options) {
        if (option.choices.empty() || !asked.has(option.name))
            continue;
        const std::string given = asked.value(option.name);
        if (std::ranges::find(option.choices, given) == option.choices.end()) {
            const std::vector<std::string> choices(option.choices.begin(), option.choices.end());
            std::string known;
            for (const std::string &choice : choices)
                known += (known.empty() ? "" : ", ") + choice;
            return wrongUsage("--" + std::string(option.name) + " " + given, "it is not one of the values that this option takes: " + known,
                nearest(given, choices), commandName(noun, verb));
        }
    }
    return {};
}

/// Where the words after "--" begin: a "--" that is the value of an option is none.
std::size_t endOfOptions(std::span<const std::string> words)
{
    const Noun *noun = words.size() > 1 ? findNoun(words[0]) : nullptr;
    const Verb *verb = noun ? findVerb(*noun, noun->verbs.front().name.empty() ? "" : words[1]) : nullptr;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == "--")
            return i;
        const auto takesNext = [&](const Option &option) {
            return !option.value.empty()
                && (words[i] == "--" + std::string(option.name) || (option.letter && words[i] == "-" + std::string(1, option.letter)));
        };
        if (verb && std::ranges::any_of(verb->options, takesNext))
            ++i;
    }
    return words.size();
}

/// Wrong words before any option was tried: an unknown noun or verb.
Result<Invocation> unknownNoun(const std::vector<std::string> &remains)
{
    const std::string &word = remains.front();
    if (word.starts_with('-'))
        return wrongUsage(word, "keepctl has no such option", nearest(word, {"--help", "--version"}), "keepctl");
    return wrongUsage(word, "keepctl knows no such area", nearest(word, nounNames()), "keepctl");
}

Result<Invocation> helpFor(const std::vector<std::string> &words)
{
    Invocation asked;
    if (words.empty())
        return asked;
    asked.noun = findNoun(words[0]);
    if (!asked.noun)
        return unknownNoun(words);
    if (words.size() > 1) {
        asked.verb = findVerb(*asked.noun, words[1]);
        if (!asked.verb)
            return wrongUsage(
                words[1], "'keepctl " + words[0] + "' has no such verb", nearest(words[1], verbNames(*asked.noun)), "keepctl " + words[0]);
    }
    return asked;
}

/// `after`: the words after --.
Result<Invocation> readVerb(const Noun &noun, const Verb &verb, const VerbParser &parser, const std::vector<std::string> &after)
{
    const std::string name = commandName(noun, verb);
    Invocation asked;
    asked.noun = &noun;
    asked.verb = &verb;
    if (parser.app->count("--help") > 0)
        return asked;
    asked.kind = Invocation::Kind::Run;
    for (const std::string &word : parser.app->remaining()) {
        if (word.size() > 1 && word.starts_with('-')) {
            const std::string option = word.substr(0, word.find('='));
            return wrongUsage(option, "'" + name + "' has no such option", nearest(option, optionNames(verb)), name);
        }
    }
    for (std::size_t i = 0; i < verb.options.size(); ++i)
        if (parser.options[i]->count() > 0)
            asked.options.emplace(std::string(verb.options[i].name),
                verb.options[i].value.empty() ? std::vector<std::string>{""} : parser.options[i]->results());
    asked.operands = parser.app->remaining();
    asked.operands.insert(asked.operands.end(), after.begin(), after.end());
    KASTELLAN_TRY(checkOptions(noun, verb, asked));
    KASTELLAN_TRY(checkOperands(noun, verb, asked.operands));
    return asked;
}

} // namespace

std::string Invocation::value(std::string_view option, std::string_view otherwise) const
{
    const auto found = options.find(option);
    return found == options.end() ? std::string(otherwise) : found->second.back();
}

std::vector<std::string> Invocation::values(std::string_view option) const
{
    const auto found = options.find(option);
    return found == options.end() ? std::vector<std::string>{} : found->second;
}

Result<std::uint64_t> Invocation::number(std::string_view option, std::uint64_t otherwise, std::uint64_t most) const
{
    if (!has(option))
        return otherwise;
    const std::string text = value(option);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number > most)
        return badInput("understand the command line", "--" + std::string(option) + " " + text,
            "it is not a whole number from 0 to " + std::to_string(most));
    return number;
}

Result<Invocation> parse(std::span<const std::string> arguments)
{
    CLI::App app;
    arrange(app);
    app.add_flag("--version");
    Invocation hidden;
    app.add_option("--generate", hidden.what)->group("");
    app.add_option("--output", hidden.output)->group("");
    std::string words;
    app.add_option("--words", words)->group("");
    std::string look;
    app.add_option("--look", look)->group("");
    CLI::App *help = app.add_subcommand("help");
    arrange(*help);

    std::vector<CLI::App *> areas;
    std::vector<std::vector<VerbParser>> verbs; // the parsers keep pointers into it: never resized below
    for (const Noun &noun : nouns())
        verbs.emplace_back(noun.verbs.size());
    for (std::size_t n = 0; n < nouns().size(); ++n) {
        CLI::App *area = app.add_subcommand(std::string(nouns()[n].name));
        arrange(*area);
        areas.push_back(area);
        for (std::size_t v = 0; v < nouns()[n].verbs.size(); ++v) {
            const Verb &verb = nouns()[n].verbs[v];
            CLI::App *place = area;
            if (!verb.name.empty()) {
                place = area->add_subcommand(std::string(verb.name));
                arrange(*place);
            }
            addVerb(*place, verb, verbs[n][v]);
        }
    }

    // Words after "--" are operands, whatever they look like: the parser never sees them.
    const std::size_t end = endOfOptions(arguments);
    const auto before = arguments.first(end);
    std::vector<std::string> after;
    if (end < arguments.size())
        after.assign(arguments.begin() + static_cast<std::ptrdiff_t>(end) + 1, arguments.end());
    std::string failure;
    try {
        app.parse(std::vector<std::string>(before.rbegin(), before.rend()));
    } catch (const CLI::ArgumentMismatch &error) {
        const std::string_view why = error.what(); // "--grace: 1 required missing", "--grace: At Most 1 required but received 2"
        failure = std::string(why.substr(0, why.find(':')))
            + (why.ends_with("missing")       ? " needs a value"
                    : why.contains("At Most") ? " can be given once"
                                              : std::string(why.substr(std::min(why.find(':'), why.size()))));
    } catch (const CLI::ParseError &error) {
        failure = error.what();
    }
    if (help->parsed() && failure.empty())
        return helpFor(help->remaining());
    for (std::size_t n = 0; n < areas.size(); ++n) {
        if (!areas[n]->parsed())
            continue;
        const Noun &noun = nouns()[n];
        for (std::size_t v = 0; v < noun.verbs.size(); ++v) {
            if (!verbs[n][v].app->parsed())
                continue;
            if (!failure.empty())
                return wrongUsage("", failure, {}, commandName(noun, noun.verbs[v]));
            return readVerb(noun, noun.verbs[v], verbs[n][v], after);
        }
        Invocation asked;
        asked.noun = &noun;
        const std::vector<std::string> remains = areas[n]->remaining();
        if (areas[n]->count("--help") > 0 && remains.empty())
            return asked;
        const std::string name = "keepctl " + std::string(noun.name);
        if (remains.empty())
            return wrongUsage("", "'" + name + "' needs a verb", {}, name);
        if (remains.front().starts_with('-'))
            return wrongUsage(remains.front(), "an option comes after the verb", {}, name);
        return wrongUsage(remains.front(), "'" + name + "' has no such verb", nearest(remains.front(), verbNames(noun)), name);
    }
    if (!failure.empty())
        return wrongUsage("", failure, {}, "keepctl");
    Invocation asked;
    if (app.count("--version") > 0)
        asked.kind = Invocation::Kind::Version;
    else if (!hidden.what.empty()) {
        asked = std::move(hidden);
        asked.kind = Invocation::Kind::Generate;
    } else if (!words.empty()) {
        asked.kind = Invocation::Kind::Words;
        asked.what = words;
    } else if (!look.empty()) {
        asked.kind = Invocation::Kind::Look;
        asked.what = look;
    } else if (!app.remaining().empty())
        return unknownNoun(app.remaining());
    else if (app.count("--help") == 0)
        return wrongUsage("", "it names nothing to do", {}, "keepctl");
    return asked;
}

} // namespace kastellan::keepctl
