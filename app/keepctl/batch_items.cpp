// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/batch_items.h"

#include "core/base/digest.h"
#include "core/base/file.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iostream>

#include <fcntl.h>
#include <unistd.h>

namespace kastellan::keepctl {

namespace fs = std::filesystem;

namespace {

constexpr const char *what = "go through the batch";

class FolderItems final : public BatchItems {
public:
    FolderItems(std::string path, fs::directory_iterator at)
        : m_path(std::move(path))
        , m_at(std::move(at))
    {
    }
    Result<std::optional<std::string>> next() override
    {
        std::error_code error;
        if (m_at == fs::directory_iterator())
            return std::nullopt;
        std::string path = m_at->path().string();
        m_at.increment(error);
        if (error)
            return systemError(what, m_path, error.value());
        return path;
    }

private:
    std::string m_path;
    fs::directory_iterator m_at;
};

class LineItems final : public BatchItems {
public:
    LineItems(std::string name, std::unique_ptr<std::ifstream> file)
        : m_name(std::move(name))
        , m_file(std::move(file))
    {
    }
    Result<std::optional<std::string>> next() override
    {
        constexpr std::size_t longest = 4096;
        std::istream &input = m_file ? static_cast<std::istream &>(*m_file) : std::cin;
        std::string line;
        for (int c = input.get();; c = input.get()) {
            const bool end = c == std::istream::traits_type::eof();
            if (end && input.bad()) // what follows is not known, and must not pass for nothing
                return environment(what, m_name + ", line " + std::to_string(m_line + 1), "it can't be read further");
            if (!end && c != '\n') {
                if (line.size() == longest)
                    return badInput(what, m_name + ", line " + std::to_string(m_line + 1), "it is longer than a path can be",
                        "Give a folder, or a text with one path on each line.");
                line += static_cast<char>(c);
                continue;
            }
            ++m_line;
            if (!line.empty() && line.back() == '\r')
                line.pop_back();
            if (!line.empty() && line.front() != '#')
                return line;
            line.clear();
            if (end)
                return std::nullopt;
        }
    }

private:
    std::string m_name;
    std::unique_ptr<std::ifstream> m_file;
    std::size_t m_line = 0;
};

constexpr std::string_view journalHead = "kastellan-batch-1 ";

} // namespace

Result<std::unique_ptr<BatchItems>> BatchItems::open(const std::string &path)
{
    std::error_code error;
    if (path == "-")
        return std::make_unique<LineItems>("standard input", nullptr);
    if (!fs::exists(path, error))
        return badInput(what, path, "there is no such file or folder");
    if (fs::is_directory(path, error)) {
        fs::directory_iterator at(path, error);
        if (error)
            return systemError(what, path, error.value());
        return std::make_unique<FolderItems>(path, std::move(at));
    }
    auto file = std::make_unique<std::ifstream>(path);
    if (!*file)
        return systemError(what, path, errno);
    return std::make_unique<LineItems>(path, std::move(file));
}

Result<std::unique_ptr<BatchJournal>> BatchJournal::open(const fs::path &path, const std::string &references)
{
    constexpr const char *action = "open the batch's journal";
    std::unique_ptr<BatchJournal> journal(new BatchJournal);
    journal->m_name = path.string();
    const std::string head = std::string(journalHead) + toHex(sha256(asBytes(references)).view());
    journal->m_file = Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!journal->m_file)
        return systemError(action, path.string(), errno);
    std::ifstream input(path, std::ios::binary);
    std::string line;
    std::uint64_t good = 0; // bytes of whole lines: what a crash cut off is written anew
    bool first = true;
    while (std::getline(input, line) && !input.eof()) {
        if (first) {
            if (!line.starts_with(journalHead))
                return badInput(action, path.string(), "it is no journal of a batch", "Give another name: a journal is made anew there.");
            if (line != head)
                return badInput(action, path.string(), "it belongs to a batch with other reference values",
                    "Give the same options as then, or another journal.");
        } else {
            const auto space = line.find(' ');
            const auto bytes = space == std::string::npos ? Result<Bytes>(Bytes()) : fromHex(std::string_view(line).substr(space + 1));
            if (!bytes || bytes->size() != Sha256::size)
                return badInput(action, path.string() + ", byte " + std::to_string(good), "it is damaged", "Begin another journal.");
            if (journal->m_done.insert(*Sha256::from(*bytes, "a line")).second) {
                const std::string word = line.substr(0, space);
                auto at = std::ranges::find(journal->m_before, word, &std::pair<std::string, std::uint64_t>::first);
                if (at == journal->m_before.end())
                    at = journal->m_before.insert(at, {word, 0});
                ++at->second;
            }
        }
        first = false;
        good += line.size() + 1;
    }
    if (::ftruncate(journal->m_file.get(), static_cast<off_t>(good)) != 0 || ::lseek(journal->m_file.get(), 0, SEEK_END) < 0)
        return systemError(action, path.string(), errno);
    if (first) {
        journal->m_pending = head + "\n";
        KASTELLAN_TRY(journal->flush());
    }
    return journal;
}

bool BatchJournal::isDone(const std::string &item) const
{
    return m_done.contains(sha256(asBytes(item)));
}

void BatchJournal::note(const std::string &item, std::string_view verdict)
{
    m_pending += std::string(verdict) + " " + toHex(sha256(asBytes(item)).view()) + "\n";
}

Status BatchJournal::flush()
{
    const std::string pending = std::exchange(m_pending, {});
    return pending.empty() ? Status() : writeAll(m_file.get(), asBytes(pending), m_name);
}

} // namespace kastellan::keepctl
