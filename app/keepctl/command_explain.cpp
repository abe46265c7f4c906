// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/commands.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "core/base/fd.h"
#include "core/evidence/json.h"
#include "sev-backend/failures/failures.h"

#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

namespace kastellan::keepctl {
namespace {

/// The end of what can be read: errors stand there, and a log may be larger than memory.
Result<std::string> readEnd(int fd, const std::string &where)
{
    std::string text, piece(std::size_t{64} << 10, '\0');
    for (;;) {
        const ssize_t got = ::read(fd, piece.data(), piece.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return systemError("read the message", where, errno);
        if (got == 0)
            return text;
        text.append(piece, 0, static_cast<std::size_t>(got));
        if (text.size() > 2 * sev::failureTextLimit)
            text.erase(0, text.size() - sev::failureTextLimit);
    }
}

Result<std::string> textOf(const std::vector<std::string> &words)
{
    if (words.empty() || (words.size() == 1 && words.front() == "-"))
        return readEnd(0, "standard input");
    std::error_code ignored;
    if (words.size() == 1 && std::filesystem::is_regular_file(words.front(), ignored)) {
        const Fd file(::open(words.front().c_str(), O_RDONLY | O_CLOEXEC));
        if (!file)
            return systemError("read the message", words.front(), errno);
        const auto size = ::lseek(file.get(), 0, SEEK_END);
        const auto limit = static_cast<off_t>(sev::failureTextLimit);
        ::lseek(file.get(), size > limit ? size - limit : 0, SEEK_SET);
        return readEnd(file.get(), words.front());
    }
    std::string text;
    for (const auto &word : words)
        text += (text.empty() ? "" : " ") + word;
    return text;
}

} // namespace

Result<int> hostExplain(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const std::string text, textOf(asked.operands));
    const auto all = sev::explainFailures(text);
    if (asked.has("json")) {
        js::Out list = js::Out::array();
        for (const auto &found : all)
            list.push_back({{"id", found.id}, {"what", found.what}, {"why", found.why}, {"remedy", found.remedy}, {"source", found.source},
                {"said", found.said}});
        printJson({{"failures", std::move(list)}});
    } else if (all.empty()) {
        print("Nothing in it is known to this version. What it says has to be taken as it is.\n");
    } else {
        bool first = true;
        for (const auto &found : all) {
            print((first ? "" : "\n") + painted(1, Colour::Bold, found.what) + "\n"
                + facts({{"why", inLine(found.why)}, {"to do", inLine(found.remedy)}, {"said", inLine(found.said)},
                            {"source", found.source + " [" + found.id + "]"}},
                    2));
            first = false;
        }
    }
    return all.empty() ? exit_code::negative : exit_code::done;
}

} // namespace kastellan::keepctl
