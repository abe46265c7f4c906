// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/evidence.h"

#include <optional>
#include <string>
#include <variant>

namespace kastellan::session {

/// The version of the messages; both ends refuse another.
inline constexpr std::uint16_t protocolVersion = 2;
/// Bytes of a blob, of input or of output in one message.
inline constexpr std::size_t chunkSize = 32 * 1024;
/// Unacknowledged output that the warden holds for each stream, and input that it holds for the workload.
inline constexpr std::size_t windowSize = 256 * 1024;
/// Bytes of blobs, or of input, that the owner's end has under way at most. What a keep does not read waits in its host, and has to fit
/// into a socket there: libvirt's daemon (11.3) never rests again once it has written to a machine that is gone. A socket of 208 KiB holds
/// half of that in pieces as ours.
inline constexpr std::size_t unreadLimit = 64 * 1024;
/// The largest message; more is an error of the other end.
inline constexpr std::size_t messageLimit = 128 * 1024;

// What the owner's end says. Views point into the decoded bytes.
struct Challenge {
    Nonce nonce;
    KeepId keep;
};
struct Manifest {
    ByteView manifest; ///< canonical (core/workload)
    ByteView secretKey; ///< of the keyed digests of secrets: 32 bytes, made for this delivery, never recorded
};
struct Blob ///< the next bytes of one item of the manifest; items come in its order, each whole
{
    std::uint32_t item = 0;
    ByteView data;
};
struct Start ///< starts the workload, or lets its output flow into this session if it was started before
{};
struct Input {
    std::uint64_t offset = 0;
    ByteView data;
};
struct InputEnd {
    std::uint64_t offset = 0;
};
struct Acknowledge ///< output is safely logged up to these offsets
{
    std::uint64_t out = 0, err = 0;
};
struct Stop {
    std::uint32_t graceSeconds = 0;
};
using OwnerMessage = std::variant<Challenge, Manifest, Blob, Start, Input, InputEnd, Acknowledge, Stop>;

// What the warden says.
struct Hello ///< first in every session: its state
{
    std::uint16_t version = protocolVersion;
    bool delivered = false, running = false, exited = false;
    std::optional<Sha256> manifest;
    std::optional<ReportData> first;
    std::uint64_t inputReceived = 0, inputTaken = 0;
    std::string execution;
};
struct Report ///< answers Challenge
{
    ByteView report;
};
struct DeliveryReport ///< after the last blob
{
    ByteView report;
};
struct Started ///< answers Start
{
    std::string execution; ///< "interpreter" or "aot"
};
struct Output {
    std::uint8_t stream = 1; ///< 1 stdout, 2 stderr
    std::uint64_t offset = 0;
    ByteView data;
};
struct Exited ///< after all output was sent
{
    std::uint32_t code = 0;
    std::string trap, reason;
};
struct Log {
    std::string text;
};
struct Failed ///< the warden refuses what was asked and ends the session
{
    std::string what, where, why, remedy;
};
struct InputTaken ///< input has reached the workload up to this offset
{
    std::uint64_t offset = 0;
};
struct DeliveryTaken ///< so many bytes of blobs have come of this delivery
{
    std::uint64_t bytes = 0;
};
using WardenMessage = std::variant<Hello, Report, DeliveryReport, Started, Output, Exited, Log, Failed, InputTaken, DeliveryTaken>;

/// Encoded with the length in front, ready for the session.
[[nodiscard]] Bytes encode(const OwnerMessage &message);
[[nodiscard]] Bytes encode(const WardenMessage &message);
/// Decode one message without its length. Errors name the message.
[[nodiscard]] Result<OwnerMessage> decodeOwnerMessage(ByteView message);
[[nodiscard]] Result<WardenMessage> decodeWardenMessage(ByteView message);

/// Cuts decrypted bytes into messages. Holds at most one message beyond what it was given.
class MessageReader {
public:
    /// For decrypted bytes to be appended to.
    [[nodiscard]] Bytes &buffer() { return m_buffer; }
    /// The next whole message without its length; its view is valid until the next call. nullopt: more bytes are needed.
    [[nodiscard]] Result<std::optional<ByteView>> next();
    /// Overwrites what was read: it may be a secret.
    void wipe();

private:
    Bytes m_buffer;
    std::size_t m_offset = 0;
};

} // namespace kastellan::session
