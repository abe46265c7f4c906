// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/keep_client.h"

#include <optional>
#include <string>
#include <variant>

namespace kastellan::loader {

/// What a client asks of a loader: one JSON object on a line (docs/loader-protocol.md).
struct InputRequest {
    Bytes data;
};
struct CloseInputRequest {};
struct StopRequest {
    unsigned graceSeconds = 0;
};
struct AttestRequest {};
struct UseRequest {
    bool on = true;
};
/// A record of this keep was stored by somebody else: an imported report.
struct RecordRequest {
    std::string id;
};
using Request = std::variant<InputRequest, CloseInputRequest, StopRequest, AttestRequest, UseRequest, RecordRequest>;

/// The longest line of either direction.
inline constexpr std::size_t requestLimit = 256 * 1024;
inline constexpr std::size_t eventLimit = 4 << 20;

[[nodiscard]] std::string encode(const Request &request); ///< with the newline
[[nodiscard]] Result<Request> decodeRequest(std::string_view line);
[[nodiscard]] std::string encode(const KeepEvent &event); ///< with the newline
[[nodiscard]] Result<KeepEvent> decodeEvent(std::string_view line);

/// Cuts a stream of bytes into lines of bounded length.
class LineReader {
public:
    explicit LineReader(std::size_t limit)
        : m_limit(limit)
    {
    }
    void add(std::string_view data) { m_buffer += data; }
    /// The next whole line without its end; nullopt: more is needed. A longer line than allowed is an error, for good.
    [[nodiscard]] Result<std::optional<std::string>> next();

private:
    std::size_t m_limit;
    std::string m_buffer;
    std::size_t m_start = 0;
};

/// The secrets' way from the program that launches to its loader: bytes for a pipe, and back. The bytes are to be wiped by their holder.
[[nodiscard]] Bytes encodeSecrets(const std::vector<Secret> &secrets);
[[nodiscard]] Result<std::vector<Secret>> decodeSecrets(ByteView bytes);
inline constexpr std::size_t secretsLimit = 64u << 20;

/// The socket at which a keep's loader answers.
[[nodiscard]] std::filesystem::path socketPath(const KeepId &id);

/// The time in field 22 of /proc/PID/stat, in clock ticks since boot; 0 when there is no such process or it is a zombie.
[[nodiscard]] std::uint64_t startTime(std::int64_t pid);
[[nodiscard]] inline bool isAlive(std::int64_t pid, std::uint64_t start)
{
    return pid > 0 && start != 0 && startTime(pid) == start;
}

} // namespace kastellan::loader
