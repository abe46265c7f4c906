// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/rehearsal/monitor_talk.h"

#include "sev-backend/rehearsal/bounded_json.h"

#include <algorithm>

namespace kastellan::sev {
namespace {

using Json = nlohmann::ordered_json;
using Kind = MessageSplitter::Piece::Kind;

std::string member(const Json &object, const char *key)
{
    const auto at = object.find(key);
    return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

/// Whether a line of the human monitor lets the machine run.
bool humanContinue(const Json &arguments)
{
    std::string line = arguments.is_object() ? member(arguments, "command-line") : "";
    line.erase(0, std::min(line.find_first_not_of(" \t"), line.size()));
    const std::string word = line.substr(0, line.find_first_of(" \t\r\n"));
    return word == "c" || word == "cont" || word == "continue";
}

bool onlySpace(std::string_view text)
{
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

} // namespace

void MonitorTalk::clientCame()
{
    m_connected = true;
    m_negotiated = false;
    if (!m_greeting.empty())
        m_toClient += m_greeting + "\r\n";
}

void MonitorTalk::clientWent()
{
    m_connected = m_negotiated = false;
    m_client = {};
    m_descriptors.clear();
    m_toClient.clear();
    std::erase_if(m_pending, [](const Pending &pending) { return pending.ours; });
    for (Pending &pending : m_pending)
        pending.wanted = false; // its answer is still to come, and nobody's
}

std::vector<Fd> MonitorTalk::descriptorsUpTo(std::uint64_t end)
{
    std::vector<Fd> all;
    while (!m_descriptors.empty() && m_descriptors.front().first < end) {
        std::ranges::move(m_descriptors.front().second, std::back_inserter(all));
        m_descriptors.pop_front();
    }
    return all;
}

void MonitorTalk::fromClient(std::string_view bytes, std::vector<Fd> descriptors)
{
    if (!descriptors.empty())
        m_descriptors.emplace_back(m_client.received(), std::move(descriptors));
    m_client.feed(bytes);
    while (auto piece = m_client.next()) {
        if (piece->kind == Kind::Between) {
            if (!onlySpace(piece->text)) // QEMU complains of it
                m_toQemu.push_back({std::move(piece->text), {}});
            continue;
        }
        auto with = descriptorsUpTo(piece->end);
        if (piece->kind == Kind::Message)
            command(std::move(*piece), std::move(with));
        else if (piece->kind == Kind::Part)
            m_toQemu.push_back({std::move(piece->text), std::move(with)});
        else
            pass(std::move(piece->text), std::move(with), {});
    }
}

void MonitorTalk::pass(std::string text, std::vector<Fd> descriptors, Pending pending)
{
    m_toQemu.push_back({std::move(text) + "\r\n", std::move(descriptors)});
    m_pending.push_back(std::move(pending));
}

void MonitorTalk::answer(const std::string &id, const QmpAnswer &answer, const char *kind)
{
    const std::string tail = id.empty() ? "}" : ", \"id\": " + id + "}";
    Pending pending;
    pending.ours = true;
    pending.text = answer ? "{\"return\": " + *answer + tail : "{\"error\": " + oneLine({{"class", kind}, {"desc", answer.error()}}) + tail;
    m_pending.push_back(std::move(pending));
    flushOurs();
}

void MonitorTalk::command(MessageSplitter::Piece piece, std::vector<Fd> descriptors)
{
    const auto json = boundedJson(piece.text.contains('\'') ? properJson(piece.text) : piece.text);
    Pending pending;
    if (!json || !json->is_object())
        return pass(std::move(piece.text), std::move(descriptors), std::move(pending));
    pending.command = member(*json, "execute");
    if (pending.command.empty()) {
        pending.command = member(*json, "exec-oob");
        pending.outOfBand = !pending.command.empty();
    }
    const auto arguments = json->find("arguments");
    const Json given = arguments == json->end() ? Json::object() : *arguments;
    pending.arguments = oneLine(given);
    if (const auto id = json->find("id"); id != json->end())
        pending.id = oneLine(*id);
    if (pending.command == "qmp_capabilities") {
        if (m_qemuNegotiated && !m_negotiated) { // QEMU has been through that with an earlier client
            m_negotiated = true;
            return answer(pending.id, std::string("{}"));
        }
    } else if (m_qemuNegotiated && !m_negotiated) {
        return answer(pending.id, std::unexpected("Expecting capabilities negotiation with 'qmp_capabilities'"), "CommandNotFound");
    } else if (m_negotiated) {
        if (const auto ours = m_subject.answer(pending.command, pending.arguments))
            return answer(pending.id, *ours);
        if (pending.command == "cont" || (pending.command == "human-monitor-command" && humanContinue(given)))
            if (auto status = m_subject.aboutToRun(); !status) {
                m_refusal = std::move(status).error();
                return;
            }
    }
    pass(std::move(piece.text), std::move(descriptors), std::move(pending));
}

void MonitorTalk::deliver(std::string text)
{
    if (m_connected)
        m_toClient += std::move(text) + "\r\n";
}

void MonitorTalk::flushOurs()
{
    while (!m_pending.empty() && m_pending.front().ours) {
        deliver(std::move(m_pending.front().text));
        m_pending.pop_front();
    }
}

void MonitorTalk::fromQemu(std::string_view bytes)
{
    m_qemu.feed(bytes);
    while (auto piece = m_qemu.next())
        fromQemu(std::move(*piece));
}

void MonitorTalk::fromQemu(MessageSplitter::Piece piece)
{
    if (piece.kind == Kind::Between)
        return;
    if (piece.kind != Kind::Message) { // nothing but an answer is as large
        if (!m_inLarge)
            m_largePasses = m_connected && (m_pending.empty() || m_pending.front().wanted);
        m_inLarge = piece.kind == Kind::Part;
        if (m_largePasses)
            m_toClient += piece.text + (m_inLarge ? "" : "\r\n");
        if (!m_inLarge && !m_pending.empty())
            m_pending.pop_front();
        return flushOurs();
    }
    const auto json = boundedJson(piece.text);
    if (json && json->is_object() && json->contains("QMP")) {
        m_greeting = std::move(piece.text);
        return deliver(m_greeting);
    }
    if (json && json->is_object() && json->contains("event")) {
        // It was let run on a monitor that we do not sit on: the launch is over then, too.
        if (member(*json, "event") == "RESUME")
            if (auto status = m_subject.aboutToRun(); !status)
                m_refusal = std::move(status).error();
        if (m_negotiated && !m_subject.hides(member(*json, "event"), piece.text))
            deliver(std::move(piece.text));
        return;
    }
    auto at = m_pending.begin();
    if (json && json->is_object() && json->contains("id")) {
        const std::string id = oneLine((*json)["id"]);
        const auto outOfBand =
            std::ranges::find_if(m_pending, [&](const Pending &one) { return one.outOfBand && !one.ours && one.id == id; });
        if (outOfBand != m_pending.end())
            at = outOfBand;
    }
    if (at == m_pending.end())
        return deliver(std::move(piece.text)); // a complaint about what was no command
    const Pending pending = std::move(*at);
    m_pending.erase(at);
    const bool good = json && json->is_object() && json->contains("return");
    if (pending.command == "qmp_capabilities" && good) {
        m_qemuNegotiated = true;
        m_negotiated = m_connected && pending.wanted;
    }
    if (pending.wanted)
        deliver(m_subject.reply(pending.command, pending.arguments, std::move(piece.text)));
    flushOurs();
}

} // namespace kastellan::sev
