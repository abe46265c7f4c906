// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/kubevirt/vmi_note.h"

#include "core/base/file.h"
#include "core/evidence/json.h"

namespace kastellan::sev::kubevirt {
namespace {

constexpr std::uint64_t noteLimit = 64 << 10;
constexpr std::size_t longestName = 253; ///< of an object in Kubernetes

} // namespace

Status saveVmiNote(const std::filesystem::path &folder, const VmiNote &note)
{
    const js::Out known = {{"name", note.name}, {"uid", note.uid}};
    return writeFileAtomically(folder / vmiNoteFile, asBytes(js::dump(known)));
}

Result<VmiNote> loadVmiNote(const std::filesystem::path &folder)
{
    const auto path = folder / vmiNoteFile;
    KASTELLAN_ASSIGN(const Bytes content, readFile(path, noteLimit));
    KASTELLAN_ASSIGN(const js::In in, js::parse(asText(content), path.string()));
    js::Object known(in, path.string());
    VmiNote note{known.text("name"), known.textOr("uid")};
    KASTELLAN_TRY(known.status());
    if (!note.name.starts_with("keep-") || note.name.contains('/') || std::max(note.name.size(), note.uid.size()) > longestName)
        return environment("read what is known of the keep's machine", path.string(), "it names no virtual machine of ours",
            "Look for it by hand: kubectl get vmi.");
    return note;
}

} // namespace kastellan::sev::kubevirt
