// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/fd.h"
#include "core/evidence/evidence.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace kastellan {

/// What the warden says once a session stands (docs/session.md). The loader's side of the attested session.
struct SessionEvents {
    std::function<void()> established; ///< TLS stands; wardenKey() and exporter() are known
    std::function<void(Bytes report)> report; ///< the answer to challenge()
    std::function<void(Bytes report)> deliveryReport; ///< the second report, over the delivered manifest
    std::function<void(std::string execution)> started; ///< "interpreter" or "aot"
    std::function<void(unsigned stream, std::uint64_t offset, ByteView data)> output; ///< 1 stdout, 2 stderr; offset in that stream
    std::function<void(int exitCode, std::string trap, std::string reason)>
        exited; ///< trap empty unless it trapped; reason: limit, stop, could not start
    std::function<void(std::string message)> log; ///< the warden's own words
    std::function<void(Error)> failed; ///< the session is over; a new one may be opened
};

/// What a warden that already runs says of itself after a new session was opened (recovery).
struct WardenState {
    bool delivered = false, running = false, exited = false;
    std::optional<Sha256> manifest;
    std::optional<ReportData> first; ///< of the newest challenge that it answered
    std::uint64_t inputReceived = 0; ///< bytes of input that it has: a new loader goes on from there
    std::string execution; ///< "interpreter" or "aot", once started
};

/// One blob on its way into the keep: streamed, never copied whole for files.
struct Delivery {
    std::string
        name; ///< "module", "module.aot", "configuration", "secret:NAME"; and "secret.key", not in the manifest (core/session/delivery.h)
    Bytes value; ///< small ones; wiped by the caller
    std::string file; ///< or a file to stream from
};

/// Input that the workload has not taken, as far as is known: on a stream that broke it may have been lost.
struct UntakenInput {
    std::uint64_t offset = 0; ///< of the first byte in all input
    Bytes bytes;
};

/// The owner's end of a session over one stream. Driven by poll: call `process` when fd() is ready for what wants() says. Never blocks.
/// Order: established, challenge, report; deliver, deliveryReport; start. After a reconnect: established, challenge, report, acknowledge
/// (up to where the log is), start: only then does output flow again, from the acknowledged offset. Events are called from within `process`
/// and from within the requests; the session must not be destroyed in one.
class OwnerSession {
public:
    /// `ownerKeyPem`: the private key (P-384 or P-256) whose SPKI hash the keep carries as host_data.
    [[nodiscard]] static Result<std::unique_ptr<OwnerSession>> open(
        Fd stream, std::string_view ownerKeyPem, const KeepId &keep, SessionEvents events);
    virtual ~OwnerSession() = default;
    [[nodiscard]] virtual int fd() const = 0;
    [[nodiscard]] virtual short wants() const = 0; ///< POLLIN, POLLOUT or both
    virtual void process() = 0;
    [[nodiscard]] virtual Sha256 wardenKey() const = 0;
    [[nodiscard]] virtual Exporter exporter() const = 0;
    [[nodiscard]] virtual WardenState wardenState() const = 0;
    virtual void challenge(const Nonce &nonce) = 0; ///< fresh report: attest binding before delivery, deliver binding after
    virtual void deliver(std::vector<Delivery> blobs, ByteView manifest) = 0; ///< canonical manifest (core/workload/delivery.h)
    virtual void start() = 0;
    virtual void input(ByteView data) = 0; ///< to the workload's stdin
    virtual void closeInput() = 0;
    [[nodiscard]] virtual std::size_t pendingInput() const = 0; ///< bytes not yet taken: callers hold back above 1 MiB
    [[nodiscard]] virtual UntakenInput untakenInput() const = 0; ///< for the session that comes after one that broke
    virtual void acknowledge(std::uint64_t stdoutBytes, std::uint64_t stderrBytes) = 0; ///< safely in the log up to here
    virtual void stop(unsigned graceSeconds) = 0;
};

} // namespace kastellan
