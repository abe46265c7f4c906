// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/firmware/helper_protocol.h"

#include "core/evidence/json.h"

#include <algorithm>
#include <array>

namespace kastellan::sev {
namespace {

constexpr const char *protocol = "kastellan-platform-helper";
constexpr int version = 1;

std::unexpected<Error> refused(std::string where, std::string why)
{
    return badInput("read the request", std::move(where), std::move(why));
}

Status onlyKnown(const js::In &object, std::span<const std::string_view> known, const char *where)
{
    if (!object.is_object())
        return refused(where, "it is no object");
    for (const auto &[key, value] : object.items())
        if (std::ranges::find(known, std::string_view(key)) == known.end())
            return refused(std::string(where) + "." + key.substr(0, 64), "it is not known");
    return {};
}

Result<Bytes> hexOf(const js::In &object, const char *key, std::size_t limit)
{
    const auto found = object.find(key);
    if (found == object.end() || !found->is_string())
        return refused(key, "it is missing, or no text");
    const auto &text = found->get_ref<const std::string &>();
    if (text.size() > 2 * limit)
        return refused(key, "it is too long");
    // The codec is lenient with white space and "0x"; nothing here has reason to be written so.
    if (text.find_first_not_of("0123456789abcdef") != std::string::npos)
        return refused(key, "it is no lower-case hex");
    return fromHex(text);
}

/// Addresses are the device's to fill in; lengths have to be those of the buffers.
Status checkStructure(const SevCall &call)
{
    const auto pointers = layoutOf(call.command).pointers();
    for (std::size_t i = 0; i < pointers.size(); ++i) {
        if (loadLe<std::uint64_t>(call.structure, pointers[i].address) != 0)
            return refused("structure", "it holds an address");
        if (pointers[i].length != SevPointer::noLength && call.statedLength(i) != call.buffers[i].size() && call.statedLength(i) != 0)
            return refused("structure", "it states another length than the buffer's");
    }
    return {};
}

Status readBuffers(const js::In &list, const CommandLayout &layout, SevCall &call)
{
    if (!list.is_array() || list.size() != layout.pointerCount)
        return refused("buffers", "there have to be " + std::to_string(layout.pointerCount));
    for (std::size_t i = 0; i < layout.pointerCount; ++i) {
        const js::In &entry = list[i];
        static constexpr std::array<std::string_view, 1> given{"bytes"}, offered{"size"};
        const bool input = layout.pointerRows[i].input;
        KASTELLAN_TRY(onlyKnown(entry, input ? given : offered, "buffers"));
        if (input) {
            KASTELLAN_ASSIGN(Bytes bytes, hexOf(entry, "bytes", sevBufferLimit));
            call.buffers.push_back(std::move(bytes));
            continue;
        }
        const auto size = entry.find("size");
        if (size == entry.end() || !size->is_number_unsigned() || size->get<std::uint64_t>() > sevBufferLimit)
            return refused("buffers.size", "it is no size of at most " + std::to_string(sevBufferLimit));
        call.buffers.emplace_back(size->get<std::size_t>());
    }
    return {};
}

Status checkVersion(const js::In &message)
{
    const auto found = message.find(protocol);
    if (found == message.end() || !found->is_number_integer() || *found != version)
        return refused(protocol, "it is missing, or of another version");
    return {};
}

} // namespace

std::string encodeRequest(const SevCall &call)
{
    const CommandLayout &layout = layoutOf(call.command);
    js::Out buffers = js::Out::array();
    for (std::size_t i = 0; i < call.buffers.size(); ++i)
        buffers.push_back(
            layout.pointerRows[i].input ? js::Out{{"bytes", toHex(call.buffers[i])}} : js::Out{{"size", call.buffers[i].size()}});
    return js::dump({{protocol, version}, {"command", layout.word}, {"structure", toHex(call.structure)}, {"buffers", std::move(buffers)}});
}

Result<SevCall> decodeRequest(std::string_view text)
{
    KASTELLAN_ASSIGN(const js::In request, js::parse(text, "the request", helperMessageLimit));
    static constexpr std::array<std::string_view, 4> known{protocol, "command", "structure", "buffers"};
    KASTELLAN_TRY(onlyKnown(request, known, "request"));
    KASTELLAN_TRY(checkVersion(request));
    const auto word = request.find("command");
    const CommandLayout *layout = word != request.end() && word->is_string() ? findCommand(word->get_ref<const std::string &>()) : nullptr;
    if (!layout)
        return refused("command", "it is no command of the platform");
    SevCall call;
    call.command = layout->command;
    KASTELLAN_ASSIGN(call.structure, hexOf(request, "structure", layout->size));
    const auto buffers = request.find("buffers");
    if (buffers == request.end())
        return refused("buffers", "they are missing");
    KASTELLAN_TRY(readBuffers(*buffers, *layout, call));
    if (const auto misfit = call.misfit())
        return refused("request", *misfit);
    KASTELLAN_TRY(checkStructure(call));
    return call;
}

std::string encodeAnswer(const SevCall &call, const CommandAnswer &answer)
{
    const CommandLayout &layout = layoutOf(call.command);
    js::Out buffers = js::Out::array();
    for (std::size_t i = 0; i < layout.pointerCount && i < call.buffers.size(); ++i)
        if (!layout.pointerRows[i].input)
            buffers.push_back(toHex(call.buffers[i]));
    return js::dump({{protocol, version}, {"errno", answer.error}, {"status", answer.status}, {"said", answer.said},
        {"structure", toHex(call.structure)}, {"buffers", std::move(buffers)}});
}

Result<CommandAnswer> decodeAnswer(std::string_view text, SevCall &call)
{
    const auto bad = [](const std::string &why) {
        return environment("read the helper's answer", "kastellan-platform-helper", why,
            "Install Kastellan again: helper and program have to be of one version.");
    };
    const auto parsed = js::parse(text, "the answer", helperMessageLimit);
    if (!parsed)
        return bad(parsed.error().why);
    if (!parsed->is_object())
        return bad("it is no object");
    if (auto status = checkVersion(*parsed); !status)
        return bad(status.error().why);
    js::Object object(*parsed, "answer");
    CommandAnswer answer;
    answer.error = static_cast<int>(object.integer("errno", 0, 4095));
    answer.status = static_cast<std::uint32_t>(object.integer("status", 0, 0xffffffff));
    answer.said = object.textOr("said").substr(0, 1000);
    if (!object.status())
        return bad(object.status().error().why);
    const CommandLayout &layout = layoutOf(call.command);
    const auto structure = hexOf(*parsed, "structure", layout.size);
    if (!structure || structure->size() != layout.size)
        return bad("its structure is not the command's");
    std::vector<Bytes> outputs;
    if (const auto list = parsed->find("buffers"); list != parsed->end() && list->is_array() && list->size() <= 2)
        for (const auto &entry : *list) {
            if (!entry.is_string() || entry.get_ref<const std::string &>().size() > 2 * sevBufferLimit)
                return bad("a buffer is no hex");
            auto bytes = fromHex(entry.get_ref<const std::string &>());
            if (!bytes)
                return bad("a buffer is no hex");
            outputs.push_back(std::move(*bytes));
        }
    std::size_t next = 0;
    for (std::size_t i = 0; i < layout.pointerCount; ++i) {
        if (layout.pointerRows[i].input)
            continue;
        if (next >= outputs.size() || outputs[next].size() != call.buffers[i].size())
            return bad("its buffers are not the command's");
        call.buffers[i] = std::move(outputs[next++]);
    }
    if (next != outputs.size())
        return bad("it has more buffers than the command");
    call.structure = *structure;
    return answer;
}

} // namespace kastellan::sev
