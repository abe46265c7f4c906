// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/fd.h"
#include "core/evidence/evidence.h"
#include "core/workload/workload.h"

#include <chrono>
#include <memory>
#include <vector>

#include <poll.h>

namespace kastellan {

/// What the warden's end of a session asks of the keep around it. keep-warden implements it with files and a runner; tests with what they
/// need.
class WardenDelegate {
public:
    virtual ~WardenDelegate() = default;
    /// SHA-256 of the owner key's SubjectPublicKeyInfo: host_data of this keep's own report.
    [[nodiscard]] virtual Result<Sha256> ownerKey() = 0;
    /// The attestation report of the firmware, as raw bytes.
    [[nodiscard]] virtual Result<Bytes> report(const ReportData &data) = 0;

    /// A delivery comes item by item, in the manifest's order. Digests are checked by the session.
    [[nodiscard]] virtual Status beginItem(const DeliveryItem &item) = 0;
    [[nodiscard]] virtual Status itemData(ByteView data) = 0;
    [[nodiscard]] virtual Status endItem() = 0;
    /// All items are there and have the manifest's digests: a last look before the second report is made over them.
    [[nodiscard]] virtual Status delivered(const std::vector<DeliveryItem> &items) = 0;
    /// The delivery was broken off: nothing of it may stay.
    virtual void discard() = 0;

    /// Has the workload started; started() is called once it runs, or exited().
    [[nodiscard]] virtual Status start() = 0;
    /// Takes as much input as can be taken without waiting; yields how much. 0: call inputReady() later.
    [[nodiscard]] virtual std::size_t input(ByteView data) = 0;
    virtual void closeInput() = 0;
    virtual void stop(unsigned graceSeconds) = 0;
    /// The owner said stop, and no workload runs: it was never started, or its end was told before. Nothing is left to do.
    virtual void finished() {}
};

/// The warden's end of the attested session (docs/session.md). Any number of streams may knock; the newest that proves to have the owner
/// key is the session. Holds the state that outlives sessions: what was delivered, unacknowledged output, the exit. Driven by poll, never
/// blocks (but for the delegate's report).
class WardenSession {
public:
    using Clock = std::chrono::steady_clock;

    /// Makes the warden's key. The delegate must outlive the session.
    [[nodiscard]] static Result<std::unique_ptr<WardenSession>> make(WardenDelegate &delegate);
    virtual ~WardenSession() = default;

    /// SHA-256 of the warden key's SubjectPublicKeyInfo.
    [[nodiscard]] virtual Sha256 key() const = 0;
    /// A stream on which an owner may speak. It must prove itself within 30 seconds.
    virtual void add(Fd stream) = 0;
    /// What to poll for, appended.
    virtual void wants(std::vector<pollfd> &fds) const = 0;
    /// For a descriptor of wants() that is ready. Others are ignored.
    virtual void process(int fd) = 0;
    /// When `tick` should be called at the latest, in milliseconds; -1: no need.
    [[nodiscard]] virtual int timeout(Clock::time_point now) const = 0;
    /// Drops the streams whose time is over.
    virtual void tick(Clock::time_point now) = 0;

    /// How many bytes of output `stream` (1 stdout, 2 stderr) may still bring; 0: leave them with the workload.
    [[nodiscard]] virtual std::size_t room(unsigned stream) const = 0;
    virtual void output(unsigned stream, ByteView data) = 0;
    /// Whether input waits for the workload to take more.
    [[nodiscard]] virtual bool hasInput() const = 0;
    virtual void inputReady() = 0;
    /// The workload runs: "interpreter" or "aot".
    virtual void started(std::string execution) = 0;
    /// The workload has ended and all of its output was given.
    virtual void exited(std::uint32_t code, std::string trap, std::string reason) = 0;
    virtual void log(std::string text) = 0;
};

} // namespace kastellan
