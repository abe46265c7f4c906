// SPDX-License-Identifier: Apache-2.0
#include "core/session/run_protocol.h"

#include "core/base/codec.h"

namespace kastellan::session {
namespace {

Bytes withLength(Bytes body)
{
    return Writer().sized(body).take();
}

void write(Writer &writer, const std::vector<std::string> &texts)
{
    writer.number(static_cast<std::uint32_t>(texts.size()));
    for (const auto &text : texts)
        writer.text(text);
}

std::vector<std::string> readTexts(Reader &reader)
{
    std::vector<std::string> texts;
    const auto count = reader.number<std::uint32_t>();
    for (std::uint32_t i = 0; i < count && !reader.failed(); ++i)
        texts.push_back(reader.text(runMessageLimit));
    return texts;
}

} // namespace

Bytes encode(const RunRequest &request)
{
    Writer writer;
    writer.text(request.module).number(static_cast<std::uint8_t>(request.compiled));
    writer.raw(request.moduleDigest.view()).text(request.note).text(request.secrets);
    write(writer, request.args);
    write(writer, request.env);
    writer.number(request.memoryLimit).number(request.timeLimit);
    return withLength(writer.take());
}

Result<RunRequest> decodeRunRequest(ByteView bytes)
{
    Reader reader(bytes);
    RunRequest request;
    request.module = reader.text(4096);
    request.compiled = reader.number<std::uint8_t>() != 0;
    request.moduleDigest = reader.fixed<Sha256>();
    request.note = reader.text(4096);
    request.secrets = reader.text(4096);
    request.args = readTexts(reader);
    request.env = readTexts(reader);
    request.memoryLimit = reader.number<std::uint64_t>();
    request.timeLimit = reader.number<std::uint64_t>();
    KASTELLAN_TRY(reader.finish("the order to run"));
    return request;
}

Bytes encode(const RunEvent &event)
{
    return withLength(Writer().number(static_cast<std::uint8_t>(event.kind)).number(event.code).text(event.text).take());
}

Result<RunEvent> decodeRunEvent(ByteView bytes)
{
    Reader reader(bytes);
    RunEvent event;
    const auto kind = reader.number<std::uint8_t>();
    event.kind = static_cast<RunEvent::Kind>(kind);
    event.code = reader.number<std::uint32_t>();
    event.text = reader.text(4096);
    KASTELLAN_TRY(reader.finish("a message of the runner"));
    if (kind < 1 || kind > 6)
        return badInput("read a message of the runner", {}, "its kind is unknown");
    return event;
}

Result<std::optional<Bytes>> takeRunMessage(Bytes &buffer)
{
    if (buffer.size() < 4)
        return std::nullopt;
    const auto size = loadLe<std::uint32_t>(buffer, 0);
    if (size > runMessageLimit)
        return badInput("read a message of the runner", {}, "it is too long");
    if (buffer.size() - 4 < size)
        return std::nullopt;
    const auto end = buffer.begin() + 4 + static_cast<std::ptrdiff_t>(size);
    Bytes message(buffer.begin() + 4, end);
    buffer.erase(buffer.begin(), end);
    return message;
}

Bytes killOrder()
{
    return withLength({});
}

} // namespace kastellan::session
