// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <optional>
#include <string>
#include <vector>

namespace kastellan::session {

/// What the warden asks of the runner over its control socket (docs/session.md, Runner). Paths are the warden's: nobody else can write
/// them.
struct RunRequest {
    std::string module; ///< file of the module, or of its ahead-of-time code
    bool compiled = false; ///< it is ahead-of-time code
    Sha256 moduleDigest; ///< of the module that was delivered
    std::string note; ///< what the ahead-of-time code says of itself in the manifest
    std::string secrets; ///< folder to appear as /secrets; empty: none
    std::vector<std::string> args; ///< without argv[0], which is "main.wasm"
    std::vector<std::string> env; ///< NAME=VALUE
    std::uint64_t memoryLimit = 0; ///< bytes
    std::uint64_t timeLimit = 0; ///< seconds, 0: none
};

/// What the runner says.
struct RunEvent {
    enum class Kind : std::uint8_t {
        Ready = 6, ///< the runner waits for its order; `code` is its user id
        Started = 1, ///< the module is loaded, the sandbox closed, _start is about to be called
        Exited = 2, ///< `code` is what it gave to proc_exit, 0 if it returned
        Trapped = 3, ///< `text` names the trap
        Failed = 4, ///< `text` says why it could not be started
        Stopped = 5, ///< killed; `text` says by what: "stop", "limit: …"
    } kind = Kind::Failed;
    std::uint32_t code = 0;
    std::string text;
};

/// A control message is a u32 length and then either a RunRequest or, with length 0, the order to kill the workload.
[[nodiscard]] Bytes encode(const RunRequest &request);
[[nodiscard]] Result<RunRequest> decodeRunRequest(ByteView bytes);
[[nodiscard]] Bytes encode(const RunEvent &event);
[[nodiscard]] Result<RunEvent> decodeRunEvent(ByteView bytes);
inline constexpr std::size_t runMessageLimit = 4u << 20;

/// Takes the first length-prefixed message off `buffer`; nullopt when it is not whole yet.
[[nodiscard]] Result<std::optional<Bytes>> takeRunMessage(Bytes &buffer);
/// The order to kill.
[[nodiscard]] Bytes killOrder();

} // namespace kastellan::session
