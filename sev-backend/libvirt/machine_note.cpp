// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/libvirt/machine_note.h"

#include "core/base/file.h"

#include <nlohmann/json.hpp>

namespace kastellan::sev::libvirt {
namespace {

constexpr std::uint64_t noteLimit = 64 << 10;
constexpr std::size_t mostVolumes = 16, longestName = 255;

std::unexpected<Error> broken(std::string why)
{
    return environment("read what is known of the keep's machine", machineNoteFile, std::move(why),
        "Look for its domain and volumes by hand: virsh list --all; virsh vol-list POOL.");
}

} // namespace

std::string toJson(const MachineNote &note)
{
    const nlohmann::ordered_json out = {
        {"uri", note.uri},
        {"technology", note.technology},
        {"rehearsal", note.rehearsal},
        {"unanswered", note.unanswered},
        {"pool", note.upload.pool},
        {"our_pool", note.upload.ourPool},
        {"volumes", note.upload.volumes},
    };
    return out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Result<MachineNote> machineNoteFrom(std::string_view json)
{
    if (json.size() > noteLimit)
        return broken("it is larger than 64 KiB");
    const auto in = nlohmann::json::parse(json, nullptr, false);
    if (!in.is_object())
        return broken("it is no JSON object");
    MachineNote note;
    const auto text = [&](const char *key, std::string &value) {
        const auto found = in.find(key);
        if (found == in.end() || !found->is_string())
            return false;
        value = found->get<std::string>();
        return true;
    };
    const auto flag = [&](const char *key, bool &value) {
        const auto found = in.find(key);
        if (found == in.end() || !found->is_boolean())
            return false;
        value = found->get<bool>();
        return true;
    };
    if (!text("uri", note.uri) || !text("technology", note.technology) || !flag("rehearsal", note.rehearsal)
        || !text("pool", note.upload.pool) || !flag("our_pool", note.upload.ourPool))
        return broken("something is missing, or is of another kind");
    if (in.contains("unanswered") && !flag("unanswered", note.unanswered))
        return broken("'unanswered' is no yes or no");
    const auto volumes = in.find("volumes");
    if (volumes == in.end() || !volumes->is_array() || volumes->size() > mostVolumes)
        return broken("its volumes are no short list");
    for (const auto &volume : *volumes) {
        // Nothing but what we made is ever deleted.
        const std::string name = volume.is_string() ? volume.get<std::string>() : std::string();
        if (!name.starts_with("kastellan-") || name.size() > longestName || name.find('/') != std::string::npos)
            return broken("it names a volume that is none of ours");
        note.upload.volumes.push_back(name);
    }
    if (note.upload.ourPool && !note.upload.pool.starts_with("kastellan-"))
        return broken("it names a pool that is none of ours");
    return note;
}

Status saveNote(const std::filesystem::path &folder, const MachineNote &note)
{
    return writeFileAtomically(folder / machineNoteFile, asBytes(toJson(note)));
}

std::string leftOf(const MachineNote &note, const std::string &domain)
{
    std::string text = "the machine " + domain + " at " + note.uri;
    std::string volumes;
    for (const auto &volume : note.upload.volumes)
        volumes += (volumes.empty() ? "" : ", ") + volume;
    if (!volumes.empty())
        text += ", with " + volumes + " in the storage pool " + note.upload.pool + (note.upload.ourPool ? ", and that pool" : "");
    return text;
}

Result<MachineNote> loadNote(const std::filesystem::path &folder)
{
    KASTELLAN_ASSIGN(const Bytes content, readFile(folder / machineNoteFile, noteLimit));
    return machineNoteFrom(asText(content));
}

} // namespace kastellan::sev::libvirt
