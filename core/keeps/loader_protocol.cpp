// SPDX-License-Identifier: Apache-2.0
#include "core/keeps/loader_protocol.h"

#include "core/base/codec.h"
#include "core/base/file.h"
#include "core/keeps/keeps_json.h"

#include <openssl/crypto.h>

#include <limits>

namespace kastellan {

Secret::~Secret()
{
    OPENSSL_cleanse(value.data(), value.size());
}

namespace loader {
namespace {

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

template <typename... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};

std::string line(const js::Out &out)
{
    return js::dump(out) + '\n';
}

std::string_view name(KeepEvent::Kind kind)
{
    switch (kind) {
    case KeepEvent::Kind::Status:
        return "status";
    case KeepEvent::Kind::Progress:
        return "progress";
    case KeepEvent::Kind::Log:
        return "log";
    case KeepEvent::Kind::Appraisal:
        return "appraisal";
    case KeepEvent::Kind::Error:
        return "error";
    case KeepEvent::Kind::Closed:
        return "closed";
    case KeepEvent::Kind::Use:
        return "use";
    }
    return "closed";
}

} // namespace

std::string encode(const Request &request)
{
    return std::visit(Overloaded{
                          [](const InputRequest &input) { return line({{"request", "input"}, {"base64", toBase64(input.data)}}); },
                          [](const CloseInputRequest &) { return line({{"request", "close-input"}}); },
                          [](const StopRequest &stop) { return line({{"request", "stop"}, {"grace_seconds", stop.graceSeconds}}); },
                          [](const AttestRequest &) { return line({{"request", "attest"}}); },
                          [](const UseRequest &use) { return line({{"request", "use"}, {"on", use.on}}); },
                          [](const RecordRequest &record) { return line({{"request", "record"}, {"id", record.id}}); },
                      },
        request);
}

Result<Request> decodeRequest(std::string_view text)
{
    KASTELLAN_ASSIGN(const js::In value, js::parse(text, "a request to the loader", requestLimit));
    js::Object object(value, "request");
    const std::string kind = object.text("request");
    Request request = AttestRequest{};
    if (kind == "input")
        request = InputRequest{object.base64("base64")};
    else if (kind == "close-input")
        request = CloseInputRequest{};
    else if (kind == "stop")
        request = StopRequest{static_cast<unsigned>(object.integerOr("grace_seconds", 0, 0, 86400))};
    else if (kind == "use")
        request = UseRequest{object.flagOr("on", true)};
    else if (kind == "record")
        request = RecordRequest{object.text("id")};
    else if (kind != "attest" && object.status())
        object.wrong("request", "'" + kind + "' is not a request");
    KASTELLAN_TRY(object.status());
    return request;
}

std::string encode(const KeepEvent &event)
{
    js::Out out = {{"event", name(event.kind)}};
    switch (event.kind) {
    case KeepEvent::Kind::Status:
        out["status"] = js::toJson(event.status, true);
        break;
    case KeepEvent::Kind::Progress:
        out["doing"] = event.text;
        out["done"] = event.done;
        out["total"] = event.total;
        break;
    case KeepEvent::Kind::Log:
        out["bytes"] = event.logBytes;
        break;
    case KeepEvent::Kind::Appraisal:
        out["record"] = event.recordId;
        out["verdict"] = event.verdict;
        break;
    case KeepEvent::Kind::Error:
        out["message"] = event.text;
        break;
    case KeepEvent::Kind::Closed:
        break;
    case KeepEvent::Kind::Use:
        out["at_ms"] = event.at;
        out["cpu_ms"] = static_cast<std::uint64_t>(event.cpuSeconds * 1000);
        out["memory"] = event.memory;
        break;
    }
    return line(out);
}

Result<KeepEvent> decodeEvent(std::string_view text)
{
    KASTELLAN_ASSIGN(const js::In value, js::parse(text, "an event of the loader", eventLimit));
    js::Object object(value, "event");
    const std::string kind = object.text("event");
    KeepEvent event;
    const auto number = [&](const char *key) { return static_cast<std::uint64_t>(object.integerOr(key, 0, 0, most)); };
    if (kind == "status") {
        event.kind = KeepEvent::Kind::Status;
        if (const js::In *found = object.find("status")) {
            auto status = js::statusFrom(*found, "status");
            if (status)
                event.status = std::move(*status);
            else
                object.also(std::unexpected(status.error()));
        } else {
            object.wrong("status", "it is missing");
        }
    } else if (kind == "progress") {
        event.kind = KeepEvent::Kind::Progress;
        event.text = object.text("doing");
        event.done = number("done");
        event.total = number("total");
    } else if (kind == "log") {
        event.kind = KeepEvent::Kind::Log;
        event.logBytes = number("bytes");
    } else if (kind == "appraisal") {
        event.kind = KeepEvent::Kind::Appraisal;
        event.recordId = object.text("record");
        event.verdict = object.text("verdict");
    } else if (kind == "error") {
        event.kind = KeepEvent::Kind::Error;
        event.text = object.text("message");
    } else if (kind == "use") {
        event.kind = KeepEvent::Kind::Use;
        event.at = static_cast<std::int64_t>(number("at_ms"));
        event.cpuSeconds = static_cast<double>(number("cpu_ms")) / 1000;
        event.memory = number("memory");
    } else if (kind == "closed") {
        event.kind = KeepEvent::Kind::Closed;
    } else if (object.status()) {
        object.wrong("event", "'" + kind + "' is not an event");
    }
    KASTELLAN_TRY(object.status());
    return event;
}

Result<std::optional<std::string>> LineReader::next()
{
    const auto end = m_buffer.find('\n', m_start);
    if (end == std::string::npos) {
        m_buffer.erase(0, std::exchange(m_start, 0));
        if (m_buffer.size() > m_limit)
            return badInput("read a line", {}, "it is longer than " + std::to_string(m_limit) + " bytes");
        return std::nullopt;
    }
    if (end - m_start > m_limit)
        return badInput("read a line", {}, "it is longer than " + std::to_string(m_limit) + " bytes");
    std::string text = m_buffer.substr(m_start, end - m_start);
    m_start = end + 1;
    return text;
}

Bytes encodeSecrets(const std::vector<Secret> &secrets)
{
    std::size_t size = 4;
    for (const auto &secret : secrets)
        size += 8 + secret.name.size() + secret.value.size();
    Bytes bytes;
    bytes.reserve(size); // growing would leave copies behind in freed memory
    const auto number = [&](std::size_t value) {
        const auto at = bytes.size();
        bytes.resize(at + 4);
        storeLe(bytes, at, static_cast<std::uint32_t>(value));
    };
    number(secrets.size());
    for (const auto &secret : secrets) {
        number(secret.name.size());
        bytes.insert(bytes.end(), secret.name.begin(), secret.name.end());
        number(secret.value.size());
        bytes.insert(bytes.end(), secret.value.begin(), secret.value.end());
    }
    return bytes;
}

Result<std::vector<Secret>> decodeSecrets(ByteView bytes)
{
    Reader reader(bytes);
    std::vector<Secret> secrets;
    const auto count = reader.number<std::uint32_t>();
    for (std::uint32_t i = 0; i < count && !reader.failed(); ++i) {
        std::string name = reader.text(4096);
        secrets.emplace_back(std::move(name), toBytes(reader.sized(secretsLimit)));
    }
    KASTELLAN_TRY(reader.finish("the secrets"));
    return secrets;
}

std::filesystem::path socketPath(const KeepId &id)
{
    return runtimeFolder() / (toHex(id.view()).substr(0, 16) + ".loader");
}

std::uint64_t startTime(std::int64_t pid)
{
    const auto content = readFile("/proc/" + std::to_string(pid) + "/stat", 4096);
    if (!content)
        return 0;
    // The name in parentheses may hold anything, so fields are counted from its last parenthesis; the state is field 3.
    const std::string_view text = asText(*content);
    const auto close = text.rfind(')');
    if (close == std::string_view::npos || close + 2 >= text.size() || text[close + 2] == 'Z' || text[close + 2] == 'X')
        return 0;
    std::string_view rest = text.substr(close + 2);
    for (int field = 3; field < 22; ++field) {
        const auto space = rest.find(' ');
        if (space == std::string_view::npos)
            return 0;
        rest.remove_prefix(space + 1);
    }
    return std::strtoull(std::string(rest.substr(0, rest.find(' '))).c_str(), nullptr, 10);
}

} // namespace loader
} // namespace kastellan
