// SPDX-License-Identifier: Apache-2.0
// Any bytes on both sides of a monitor, cut anywhere: nothing is lost on the way to QEMU but what we answer, and what is cut differently
// says the same. The first byte decides where it is cut; a zero byte changes the side.
#include "sev-backend/rehearsal/capabilities.h"

#include <cstdlib>

using namespace kastellan;
using namespace kastellan::sev;

namespace {

class Subject final : public MonitorSubject {
public:
    std::optional<QmpAnswer> answer(std::string_view command, std::string_view) override
    {
        return command == "query-sev" ? std::optional<QmpAnswer>("{}") : std::nullopt;
    }
    std::string reply(std::string_view command, std::string_view arguments, std::string message) override
    {
        return completedReply(command, arguments, std::move(message));
    }
    bool hides(std::string_view event, std::string_view) override { return event == "HIDDEN"; }
    OrRefusal<void> aboutToRun() override { return {}; }
};

std::pair<std::string, std::string> talked(std::string_view bytes, std::size_t step)
{
    Subject subject;
    MonitorTalk talk(subject);
    talk.clientCame();
    bool qemu = false;
    while (!bytes.empty()) {
        const std::string_view turn = bytes.substr(0, bytes.find('\0'));
        for (std::string_view rest = turn; !rest.empty(); rest.remove_prefix(std::min(step, rest.size())))
            qemu ? talk.fromQemu(rest.substr(0, step)) : talk.fromClient(rest.substr(0, step));
        bytes.remove_prefix(std::min(turn.size() + 1, bytes.size()));
        qemu = !qemu;
    }
    std::string toQemu;
    for (const auto &chunk : talk.toQemu())
        toQemu += chunk.text;
    return {toQemu, talk.toClient()};
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string_view bytes = asText({data + 1, size - 1});
    MessageSplitter splitter;
    splitter.feed(bytes);
    std::string all;
    while (const auto piece = splitter.next())
        all += piece->text;
    if (all.size() + splitter.held() != bytes.size() || !bytes.starts_with(all))
        std::abort();
    // Junk between messages comes in pieces as it is cut: what is said to the client is the same nevertheless.
    if (talked(bytes, SIZE_MAX).second != talked(bytes, 1u + data[0] % 16).second)
        std::abort();
    return 0;
}
