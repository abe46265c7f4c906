// SPDX-License-Identifier: Apache-2.0
#include "core/keeps/note_record.h"

#include "core/base/file.h"
#include "core/keeps/loader_protocol.h"

#include <algorithm>
#include <chrono>

#include <poll.h>

namespace kastellan::keeps {
namespace {

constexpr const char *what = "tell the keep of its record";
constexpr std::uint64_t statusLimit = 16 << 20;
constexpr auto patience = std::chrono::seconds(10);

bool has(const KeepStatus &status, const Record &record)
{
    return std::ranges::find(status.records, record.id) != status.records.end();
}

/// Its loader has the status in memory, and reads the record itself.
Status tellLoader(const KeepId &id, const Record &record)
{
    KASTELLAN_ASSIGN(const auto client, KeepClient::connect(id));
    KASTELLAN_TRY(writeAll(client->fd(), asBytes(loader::encode(loader::RecordRequest{record.id})), "the keep's loader"));
    const auto until = std::chrono::steady_clock::now() + patience;
    bool noted = false, closed = false;
    std::string refused;
    while (!noted && !closed && refused.empty()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
        pollfd waited{client->fd(), POLLIN, 0};
        if (left <= 0 || ::poll(&waited, 1, static_cast<int>(left)) == 0)
            return environment(what, record.keepName, "its loader did not answer within ten seconds");
        client->poll([&](const KeepEvent &event) {
            noted = noted || (event.kind == KeepEvent::Kind::Status && has(event.status, record));
            closed = closed || event.kind == KeepEvent::Kind::Closed;
            if (event.kind == KeepEvent::Kind::Error)
                refused = event.text;
        });
    }
    if (noted)
        return {};
    return environment(what, record.keepName, closed ? "its loader ended" : refused);
}

} // namespace

Status noteRecord(const KeepId &id, const Record &record)
{
    KASTELLAN_ASSIGN(KeepStatus found, status(id));
    if (found.loaderAlive) {
        const Status told = tellLoader(id, record);
        KASTELLAN_ASSIGN(found, status(id));
        if (told || found.loaderAlive)
            return told;
    }
    KASTELLAN_ASSIGN(const Fd lock, lockFile(folder(id) / "lock"));
    const auto path = folder(id) / "state.json";
    KASTELLAN_ASSIGN(const Bytes content, readFile(path, statusLimit));
    KASTELLAN_ASSIGN(KeepStatus stored, statusFromJson(asText(content)));
    if (has(stored, record))
        return {};
    stored.records.push_back(record.id);
    stored.verdict = name(record.appraisal.verdict);
    stored.emulated = record.appraisal.emulated;
    return writeFileAtomically(path, asBytes(toJson(stored)));
}

} // namespace kastellan::keeps
