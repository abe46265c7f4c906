// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/input_files.h"

#include "core/base/fd.h"
#include "core/base/file.h"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

namespace kastellan {

namespace fs = std::filesystem;

namespace {

constexpr const char *what = "read the evidence";

class InputReader {
public:
    explicit InputReader(const InputLimits &limits)
        : m_limits(limits)
    {
    }

    Status named(const std::string &path)
    {
        if (path == "-")
            return standardInput();
        std::error_code error;
        const auto status = fs::status(path, error);
        if (!fs::exists(status))
            return badInput(what, path, "there is no such file or folder");
        if (fs::is_directory(status))
            return folder(path, 0);
        KASTELLAN_ASSIGN(Bytes bytes, readFile(path, m_limits.file));
        return take(path, std::move(bytes));
    }
    Inputs done() { return std::move(m_inputs); }

private:
    Status take(std::string name, Bytes bytes)
    {
        if (m_inputs.files.size() >= m_limits.files)
            return badInput(what, name, "there are more than " + std::to_string(m_limits.files) + " files",
                "Give fewer, or use --batch for many pieces of evidence.");
        m_total += bytes.size();
        if (m_total > m_limits.total)
            return badInput(what, name, "the files have more than " + std::to_string(m_limits.total >> 20) + " MiB together",
                "Give the evidence alone, without what is beside it.");
        m_inputs.files.push_back({std::move(name), std::move(bytes)});
        return {};
    }

    Status standardInput()
    {
        Bytes bytes;
        for (;;) {
            constexpr std::size_t piece = std::size_t{64} << 10;
            const std::size_t used = bytes.size();
            bytes.resize(used + piece);
            const ssize_t count = ::read(0, bytes.data() + used, piece);
            if (count < 0 && errno == EINTR) {
                bytes.resize(used);
                continue;
            }
            if (count < 0)
                return systemError(what, "standard input", errno);
            bytes.resize(used + static_cast<std::size_t>(count));
            if (bytes.size() > m_limits.file)
                return badInput(what, "standard input", "it has more than " + std::to_string(m_limits.file >> 20) + " MiB");
            if (count == 0)
                return take("standard input", std::move(bytes));
        }
    }

    Status folder(const fs::path &path, std::size_t depth)
    {
        if (depth > m_limits.depth) {
            m_inputs.left.push_back({path.string(), 0, "it is more than " + std::to_string(m_limits.depth) + " folders deep"});
            return {};
        }
        std::vector<fs::path> entries;
        std::error_code error;
        for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
            if (entries.size() > m_limits.files)
                return badInput(what, path.string(), "the folder has more than " + std::to_string(m_limits.files) + " entries",
                    "Use --batch for many pieces of evidence.");
            entries.push_back(at->path());
        }
        if (error && depth == 0)
            return systemError(what, path.string(), error.value());
        if (error)
            m_inputs.left.push_back({path.string(), 0, "it can't be read: " + error.message()});
        std::ranges::sort(entries);
        for (const auto &entry : entries) {
            const bool link = fs::is_symlink(entry, error);
            if (fs::is_directory(entry, error) && !link) {
                KASTELLAN_TRY(folder(entry, depth + 1));
                continue;
            }
            if (!fs::is_regular_file(entry, error))
                continue;
            auto bytes = readFile(entry, m_limits.file);
            if (!bytes)
                m_inputs.left.push_back({entry.string(), 0, bytes.error().why});
            else
                KASTELLAN_TRY(take(entry.string(), std::move(*bytes)));
        }
        return {};
    }

    InputLimits m_limits;
    Inputs m_inputs;
    std::uint64_t m_total = 0;
};

} // namespace

Result<Inputs> readInputs(std::span<const std::string> paths, const InputLimits &limits)
{
    InputReader reader(limits);
    for (const auto &path : paths)
        KASTELLAN_TRY(reader.named(path));
    return reader.done();
}

} // namespace kastellan
