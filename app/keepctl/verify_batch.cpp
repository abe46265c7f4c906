// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/verify_batch.h"

#include "app/keepctl/batch_items.h"
#include "app/keepctl/commands.h"
#include "app/keepctl/evidence_files.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/evidence/input_files.h"
#include "core/evidence/json.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <format>
#include <map>
#include <thread>

namespace kastellan::keepctl {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t blockPerThread = 64; ///< items that are worked on before their lines are written
constexpr std::uint64_t itemLimit = std::uint64_t{16} << 20;

/// What came of one item.
struct Line {
    std::string word; ///< a verdict, "unusable", or empty for an item that is no evidence
    bool emulated = false, accepted = false;
    std::string text; ///< as it is printed
};
struct Item {
    std::string path;
    std::vector<Line> lines;
};

class Batch {
public:
    Batch(const Invocation &asked, const EvidenceBackend &backend, const References &references)
        : m_backend(backend)
        , m_references(references)
        , m_json(asked.has("json"))
        , m_acceptEmulated(asked.has("accept-emulated"))
    {
    }

    /// The certificates that all items share: those given, and those that lie beside the items in a folder.
    Status readPool(const Invocation &asked, const std::string &source)
    {
        std::vector<std::string> given = asked.values("certs");
        for (const std::string &path : asked.values("crl"))
            given.push_back(path);
        KASTELLAN_ASSIGN(Inputs inputs, readInputs(given, {.files = 1'000'000}));
        for (const InputFile &file : inputs.files)
            m_given += toHex(sha256(file.bytes).view());
        std::error_code error;
        if (fs::is_directory(source, error))
            KASTELLAN_TRY(addBeside(source, inputs.files));
        Recognised what;
        m_pool = m_backend.pool(inputs.files, &what);
        return needLists(asked.values("crl"), what);
    }
    /// Stands for what was given to hold the items to, beside the reference values.
    [[nodiscard]] const std::string &given() const { return m_given; }

    void work(Item &item) const
    {
        const std::string paths[] = {item.path};
        const auto inputs = readInputs(paths, {.file = itemLimit, .total = 4 * itemLimit});
        if (!inputs)
            return add(item, unusable(item.path, inputs.error().message()));
        const Recognised recognised = m_backend.recognise(inputs->files, m_pool.get());
        for (const FoundEvidence &found : recognised.evidence)
            add(item, lineOf(found));
        if (!recognised.evidence.empty() || inputs->files.empty())
            return;
        if (recognised.unknown.empty() && !recognised.found.empty())
            return add(item, {}); // certificates: they were read into the pool
        const bool named = !recognised.unknown.empty();
        add(item,
            unusable(named ? placeText(recognised.unknown.front().file, recognised.unknown.front().offset) : item.path,
                named ? recognised.unknown.front().why : "there is nothing in it"));
    }

private:
    static void add(Item &item, Line line) { item.lines.push_back(std::move(line)); }

    /// Certificates and lists in the folder itself, told by how they begin: reports are not read here.
    static Status addBeside(const std::string &folder, std::vector<InputFile> &files)
    {
        constexpr std::size_t largest = std::size_t{64} << 10, smallest = 200, reportSize = 1184, most = 200'000;
        std::error_code error;
        for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
            std::error_code ignored;
            if (!at->is_regular_file(ignored))
                continue;
            const auto size = at->file_size(ignored);
            if (ignored || size < smallest || size > largest || size == reportSize)
                continue;
            const auto bytes = readFile(at->path(), largest);
            if (!bytes)
                continue;
            const std::string_view text = asText(*bytes);
            const bool der = bytes->size() >= 2 && (*bytes)[0] == 0x30 && ((*bytes)[1] == 0x82 || (*bytes)[1] == 0x81);
            if (!der && !text.contains("-----BEGIN CERTIFICATE") && !text.contains("-----BEGIN X509 CRL"))
                continue;
            if (files.size() >= most)
                return badInput("read the certificates of the batch", folder, "there are more than 200,000 files with certificates");
            files.push_back({at->path().string(), *bytes});
        }
        return {};
    }

    [[nodiscard]] Line unusable(const std::string &place, const std::string &why) const
    {
        Line line{"unusable", false, false, {}};
        if (m_json)
            line.text = js::dump({{"file", place}, {"verdict", nullptr}, {"error", why}});
        else
            line.text = std::format("{:<9}  {}  {}", painted(1, Colour::Yellow, "unusable"), inLine(place), inLine(why));
        return line;
    }

    [[nodiscard]] Line lineOf(const FoundEvidence &found) const
    {
        const Appraisal appraisal = appraiseNow(m_backend, found.evidence, m_references);
        Line line{std::string(name(appraisal.verdict)), appraisal.emulated, accepted(appraisal, m_acceptEmulated), {}};
        const std::string place = placeText(found.file, found.offset);
        if (m_json) {
            js::Out failed = js::Out::array(), unknown = js::Out::array();
            for (const Finding &finding : appraisal.findings) {
                if (finding.required && finding.outcome == Outcome::Fail)
                    failed.push_back(finding.id);
                if (finding.required && finding.outcome == Outcome::Unknown)
                    unknown.push_back(finding.id);
            }
            line.text = js::dump({{"file", found.file}, {"offset", found.offset}, {"kind", found.evidence.kind}, {"verdict", line.word},
                {"emulated", line.emulated}, {"accepted", line.accepted}, {"failed", std::move(failed)}, {"unknown", std::move(unknown)},
                {"sentence", appraisal.sentence}});
        } else {
            line.text = std::format("{}{}  {}  {}", painted(1, colourOf(line.word), line.word),
                std::string(9 - std::min<std::size_t>(9, line.word.size()), ' '), inLine(place), inLine(appraisal.sentence));
        }
        return line;
    }

    const EvidenceBackend &m_backend;
    const References &m_references;
    bool m_json, m_acceptEmulated;
    std::shared_ptr<const EndorsementPool> m_pool;
    std::string m_given;
};

/// The items of a block, shared out over the cores.
void workAll(const Batch &batch, std::vector<Item> &items, unsigned threads)
{
    std::atomic<std::size_t> next = 0;
    const auto run = [&] {
        for (std::size_t i = next++; i < items.size(); i = next++)
            batch.work(items[i]);
    };
    std::vector<std::jthread> helpers;
    for (unsigned i = 1; i < threads && i < items.size(); ++i)
        helpers.emplace_back(run);
    run();
}

struct Totals {
    std::map<std::string, std::uint64_t> words{{"trusted", 0}, {"authentic", 0}, {"undecided", 0}, {"refused", 0}, {"unusable", 0}};
    std::uint64_t emulated = 0, notAccepted = 0, certificates = 0, before = 0;
};

/// The word of an item in the journal: its worst one; "certificates" for none.
std::string noteOf(const Item &item)
{
    static constexpr std::string_view order[] = {"unusable", "refused", "undecided", "authentic", "trusted"};
    // One that is not accepted marks them all: beside it there may be another with the same word that is.
    const bool refused =
        std::ranges::any_of(item.lines, [](const Line &line) { return !line.word.empty() && line.word != "unusable" && !line.accepted; });
    for (const auto word : order)
        if (std::ranges::contains(item.lines, word, &Line::word))
            return std::string(word) + (refused ? "!" : "");
    return "certificates";
}

js::Out summaryJson(const Totals &totals, std::uint64_t done, double seconds)
{
    js::Out summary = {{"appraised", done}};
    for (const auto &[word, count] : totals.words)
        summary[word] = count;
    summary["emulated"] = totals.emulated;
    summary["not_accepted"] = totals.notAccepted;
    summary["certificates"] = totals.certificates;
    summary["done_before"] = totals.before;
    summary["seconds"] = seconds;
    return {{"summary", std::move(summary)}};
}

std::string summaryText(const Totals &totals, std::uint64_t done, double seconds)
{
    std::string text = std::format("{} appraised in {:.1f} s", done, seconds);
    for (const auto &[word, count] : totals.words)
        if (count)
            text += std::format(", {} {}", count, word);
    if (totals.emulated)
        text += std::format("; {} EMULATED", totals.emulated);
    if (totals.certificates)
        text += std::format("; {} files with certificates alone", totals.certificates);
    if (totals.before)
        text += std::format("; {} done before", totals.before);
    return text + "\n";
}

/// What a journal counted before is part of the answer.
void addBefore(Totals &totals, const BatchJournal &journal)
{
    for (const auto &[noted, count] : journal.before()) {
        const bool refused = noted.ends_with('!');
        const std::string word = refused ? noted.substr(0, noted.size() - 1) : noted;
        totals.before += count;
        if (word == "certificates")
            continue;
        if (refused)
            totals.notAccepted += count;
        totals.words[word] += count;
    }
}

} // namespace

Result<int> verifyBatch(const Invocation &asked, const EvidenceBackend &backend, const References &references)
{
    if (asked.operands.size() != 1)
        return badInput("understand the command line", "--batch", "it takes one folder, or one list with a path on each line");
    const std::string &source = asked.operands.front();
    Batch batch(asked, backend, references);
    KASTELLAN_TRY(batch.readPool(asked, source));
    KASTELLAN_ASSIGN(const auto items, BatchItems::open(source));
    std::unique_ptr<BatchJournal> journal;
    if (asked.has("resume")) {
        // Without --at each run is for its own time, and still the same batch.
        const std::string values =
            js::dump(js::toJson(references.expected)) + asked.value("at") + (asked.has("accept-emulated") ? "+" : "") + batch.given();
        KASTELLAN_ASSIGN(journal, BatchJournal::open(asked.value("resume"), values));
    }

    Totals totals;
    if (journal)
        addBefore(totals, *journal);
    const unsigned threads = std::max(1u, std::thread::hardware_concurrency());
    const auto start = std::chrono::steady_clock::now();
    ProgressLine progress(asked.has("json") || isTerminal(1));
    std::uint64_t done = 0;
    for (bool more = true; more;) {
        std::vector<Item> block;
        while (block.size() < threads * blockPerThread) {
            KASTELLAN_ASSIGN(auto path, items->next());
            if (!path) {
                more = false;
                break;
            }
            if (!journal || !journal->isDone(*path))
                block.push_back({std::move(*path), {}});
        }
        workAll(batch, block, threads);
        std::string output;
        for (const Item &item : block) {
            for (const Line &line : item.lines) {
                if (line.word.empty()) {
                    ++totals.certificates;
                    continue;
                }
                ++done;
                ++totals.words[line.word];
                totals.emulated += line.emulated;
                totals.notAccepted += line.word != "unusable" && !line.accepted;
                output += line.text + "\n";
            }
            if (journal)
                journal->note(item.path, noteOf(item));
        }
        // First what was found, then that it was done: a crash between them repeats a line, and loses none.
        KASTELLAN_TRY(writeAll(1, asBytes(output), "standard output"));
        if (journal)
            KASTELLAN_TRY(journal->flush());
        progress.show("appraising", done, 0);
    }
    progress.clear();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (asked.has("json"))
        print(js::dump(summaryJson(totals, done, seconds)) + "\n");
    else
        note(summaryText(totals, done, seconds));
    if (totals.notAccepted)
        return exit_code::negative;
    return totals.words["unusable"] ? exit_code::usage : exit_code::done;
}

} // namespace kastellan::keepctl
