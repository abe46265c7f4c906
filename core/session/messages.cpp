// SPDX-License-Identifier: Apache-2.0
#include "core/session/messages.h"

#include "core/base/codec.h"
#include "core/workload/delivery.h"

#include <openssl/crypto.h>

namespace kastellan::session {
namespace {

constexpr std::size_t textLimit = 4096;
constexpr std::size_t reportLimit = 16 * 1024;

// The types of the warden's messages start here, so that neither end can mistake its own words for the other's.
constexpr std::uint8_t wardenTypes = 64;

struct Encode {
    Writer writer;

    void operator()(const Challenge &m) { writer.raw(m.nonce.view()).raw(m.keep.view()); }
    void operator()(const Manifest &m) { writer.sized(m.manifest).sized(m.secretKey); }
    void operator()(const Blob &m) { writer.number(m.item).sized(m.data); }
    void operator()(const Start &) {}
    void operator()(const Input &m) { writer.number(m.offset).sized(m.data); }
    void operator()(const InputEnd &m) { writer.number(m.offset); }
    void operator()(const Acknowledge &m) { writer.number(m.out).number(m.err); }
    void operator()(const Stop &m) { writer.number(m.graceSeconds); }

    void operator()(const Hello &m)
    {
        const unsigned flags =
            (m.delivered ? 1U : 0U) | (m.running ? 2U : 0U) | (m.exited ? 4U : 0U) | (m.manifest ? 8U : 0U) | (m.first ? 16U : 0U);
        writer.number(m.version).number(static_cast<std::uint8_t>(flags)).raw(m.manifest.value_or(Sha256{}).view());
        writer.raw(m.first.value_or(ReportData{}).view()).number(m.inputReceived).number(m.inputTaken).text(m.execution);
    }
    void operator()(const Report &m) { writer.sized(m.report); }
    void operator()(const DeliveryReport &m) { writer.sized(m.report); }
    void operator()(const Started &m) { writer.text(m.execution); }
    void operator()(const Output &m) { writer.number(m.stream).number(m.offset).sized(m.data); }
    void operator()(const Exited &m) { writer.number(m.code).text(cut(m.trap)).text(cut(m.reason)); }
    void operator()(const Log &m) { writer.text(cut(m.text)); }
    void operator()(const Failed &m) { writer.text(cut(m.what)).text(cut(m.where)).text(cut(m.why)).text(cut(m.remedy)); }
    void operator()(const InputTaken &m) { writer.number(m.offset); }
    void operator()(const DeliveryTaken &m) { writer.number(m.bytes); }

    static std::string_view cut(std::string_view text) { return text.substr(0, textLimit); }
};

template <typename Message>
Bytes encodeWith(const Message &message, std::uint8_t firstType)
{
    Encode body;
    body.writer.number(std::uint32_t{0}).number(static_cast<std::uint8_t>(firstType + message.index()));
    std::visit(body, message);
    Bytes bytes = body.writer.take();
    storeLe<std::uint32_t>(bytes, 0, static_cast<std::uint32_t>(bytes.size() - 4));
    return bytes;
}

void read(Reader &r, Challenge &m)
{
    m.nonce = r.fixed<Nonce>();
    m.keep = r.fixed<KeepId>();
}
void read(Reader &r, Manifest &m)
{
    m.manifest = r.sized(manifestLimit);
    m.secretKey = r.sized(32);
}
void read(Reader &r, Blob &m)
{
    m.item = r.number<std::uint32_t>();
    m.data = r.sized(chunkSize);
}
void read(Reader &, Start &) {}
void read(Reader &r, Input &m)
{
    m.offset = r.number<std::uint64_t>();
    m.data = r.sized(chunkSize);
}
void read(Reader &r, InputEnd &m)
{
    m.offset = r.number<std::uint64_t>();
}
void read(Reader &r, Acknowledge &m)
{
    m.out = r.number<std::uint64_t>();
    m.err = r.number<std::uint64_t>();
}
void read(Reader &r, Stop &m)
{
    m.graceSeconds = r.number<std::uint32_t>();
}
void read(Reader &r, Hello &m)
{
    m.version = r.number<std::uint16_t>();
    const auto flags = r.number<std::uint8_t>();
    m.delivered = flags & 1;
    m.running = flags & 2;
    m.exited = flags & 4;
    const auto manifest = r.fixed<Sha256>();
    const auto first = r.fixed<ReportData>();
    if (flags & 8)
        m.manifest = manifest;
    if (flags & 16)
        m.first = first;
    m.inputReceived = r.number<std::uint64_t>();
    m.inputTaken = r.number<std::uint64_t>();
    m.execution = r.text(textLimit);
}
void read(Reader &r, Report &m)
{
    m.report = r.sized(reportLimit);
}
void read(Reader &r, DeliveryReport &m)
{
    m.report = r.sized(reportLimit);
}
void read(Reader &r, Started &m)
{
    m.execution = r.text(textLimit);
}
void read(Reader &r, Output &m)
{
    m.stream = r.number<std::uint8_t>();
    m.offset = r.number<std::uint64_t>();
    m.data = r.sized(chunkSize);
}
void read(Reader &r, Exited &m)
{
    m.code = r.number<std::uint32_t>();
    m.trap = r.text(textLimit);
    m.reason = r.text(textLimit);
}
void read(Reader &r, Log &m)
{
    m.text = r.text(textLimit);
}
void read(Reader &r, Failed &m)
{
    m.what = r.text(textLimit);
    m.where = r.text(textLimit);
    m.why = r.text(textLimit);
    m.remedy = r.text(textLimit);
}
void read(Reader &r, InputTaken &m)
{
    m.offset = r.number<std::uint64_t>();
}
void read(Reader &r, DeliveryTaken &m)
{
    m.bytes = r.number<std::uint64_t>();
}

template <typename Message, std::size_t Index = 0>
Result<Message> decodeAs(std::size_t type, Reader &reader)
{
    if constexpr (Index < std::variant_size_v<Message>) {
        if (type != Index)
            return decodeAs<Message, Index + 1>(type, reader);
        std::variant_alternative_t<Index, Message> message;
        read(reader, message);
        KASTELLAN_TRY(reader.finish("message " + std::to_string(type) + " of the session"));
        return Message(std::move(message));
    } else {
        return badInput("read a message of the session", {}, "its type " + std::to_string(type) + " is unknown");
    }
}

template <typename Message>
Result<Message> decode(ByteView bytes, std::uint8_t firstType)
{
    Reader reader(bytes);
    const auto type = reader.number<std::uint8_t>();
    if (type < firstType)
        return badInput("read a message of the session", {}, "its type " + std::to_string(type) + " belongs to the other end");
    return decodeAs<Message>(static_cast<std::size_t>(type - firstType), reader);
}

} // namespace

Bytes encode(const OwnerMessage &message)
{
    return encodeWith(message, 1);
}

Bytes encode(const WardenMessage &message)
{
    return encodeWith(message, wardenTypes);
}

Result<OwnerMessage> decodeOwnerMessage(ByteView message)
{
    return decode<OwnerMessage>(message, 1);
}

Result<WardenMessage> decodeWardenMessage(ByteView message)
{
    return decode<WardenMessage>(message, wardenTypes);
}

Result<std::optional<ByteView>> MessageReader::next()
{
    const ByteView rest = ByteView(m_buffer).subspan(m_offset);
    std::size_t size = 0;
    if (rest.size() >= 4) {
        size = loadLe<std::uint32_t>(rest, 0);
        if (size == 0 || size > messageLimit)
            return badInput(
                "read a message of the session", {}, "its length is " + std::to_string(size), "Both ends have to be of the same version.");
    }
    if (rest.size() < 4 || rest.size() - 4 < size) {
        if (m_offset > 0) {
            OPENSSL_cleanse(m_buffer.data(), m_offset);
            m_buffer.erase(m_buffer.begin(), m_buffer.begin() + static_cast<std::ptrdiff_t>(m_offset));
            m_offset = 0;
        }
        return std::nullopt;
    }
    m_offset += 4 + size;
    return rest.subspan(4, size);
}

void MessageReader::wipe()
{
    OPENSSL_cleanse(m_buffer.data(), m_buffer.size());
    m_buffer.clear();
    m_offset = 0;
}

} // namespace kastellan::session
