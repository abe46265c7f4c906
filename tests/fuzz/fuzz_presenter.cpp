// SPDX-License-Identifier: Apache-2.0
// What programs hand to the presenter: programs, paths, links and what they write into configfs. First byte: which.
#include "sev-backend/presenter/elf_program.h"
#include "sev-backend/presenter/path.h"
#include "sev-backend/presenter/tree.h"

#include <cstdlib>
#include <unistd.h>

using namespace kastellan;
using namespace kastellan::sev;

namespace {

/// Answers with the request; a report of another length or level than was written would be a defect.
std::expected<ReportBlobs, int> answer(ByteView request, unsigned level)
{
    if (request.empty() || request.size() > 64 || level > 3)
        std::abort();
    return ReportBlobs{toBytes(request), {}};
}

void writeReport(ByteView bytes)
{
    ReportFolder folder(answer, 1);
    static_cast<void>(folder.make("r"));
    while (bytes.size() > 2) {
        const ReportAttribute &attribute = reportAttributes()[bytes[0] % reportAttributes().size()];
        const std::size_t length = std::min<std::size_t>(bytes[1], bytes.size() - 2);
        static_cast<void>(folder.write("r", attribute.id, bytes.subspan(2, length), bytes[0] & 0x80));
        static_cast<void>(folder.read("r", attribute.id));
        bytes = bytes.subspan(2 + length);
    }
    static_cast<void>(folder.read("r", ReportAttribute::Id::OutBlob));
}

void find(std::string_view text)
{
    static Tree tree(nullptr, nullptr, std::make_unique<ReportFolder>(answer, 0), 4);
    static const bool made = tree.reports()->make("r") == 0;
    const HandleNames names{"token"};
    const ShadowFolder shadow{"/run/shadow"};
    static_cast<void>(made);
    static_cast<void>(names.emulated(text));
    static_cast<void>(shadow.emulated(text));
    if (const auto node = tree.find(std::string(text)); node && node->path != text)
        std::abort();
    static Caller self(::getpid(), [] { return true; });
    const auto path = resolvePath(self, tree, shadow, names, -1, "/proc/self/" + std::string(text), true);
    if (path && (path->empty() || path->front() != '/'))
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const ByteView rest(data + 1, size - 1);
    switch (data[0] % 3) {
    case 0:
        static_cast<void>(programKind(rest));
        break;
    case 1:
        writeReport(rest);
        break;
    default:
        find(asText(rest));
        break;
    }
    return 0;
}
