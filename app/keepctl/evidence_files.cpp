// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/evidence_files.h"

#include "app/keepctl/output.h"
#include "core/evidence/input_files.h"
#include "core/evidence/json.h"

#include <algorithm>
#include <format>

namespace kastellan::keepctl {

Result<Recognised> recogniseFiles(const EvidenceBackend &backend, std::span<const std::string> paths)
{
    KASTELLAN_ASSIGN(const Inputs inputs, readInputs(paths));
    Recognised recognised = backend.recognise(inputs.files);
    recognised.unknown.insert(recognised.unknown.end(), inputs.left.begin(), inputs.left.end());
    return recognised;
}

Result<Recognised> evidenceOf(const EvidenceBackend &backend, std::span<const std::string> paths)
{
    KASTELLAN_ASSIGN(Recognised recognised, recogniseFiles(backend, paths));
    if (!recognised.evidence.empty())
        return recognised;
    constexpr const char *what = "find evidence";
    const std::string where = paths.size() == 1 ? paths.front() : std::to_string(paths.size()) + " files";
    if (recognised.found.empty() && !recognised.unknown.empty()) {
        const UnknownPart &first = recognised.unknown.front();
        return badInput(what, placeText(first.file, first.offset), first.why,
            "Give a report, or a file or folder that holds one (docs/evidence.md lists the forms).");
    }
    if (recognised.found.empty())
        return badInput(what, where, "there is nothing in it");
    std::string found;
    constexpr std::size_t most = 4;
    for (std::size_t i = 0; i < std::min(recognised.found.size(), most); ++i)
        found += (i ? "; " : "") + recognised.found[i].what;
    if (recognised.found.size() > most)
        found += "; …";
    return badInput(what, where, "there is no report in it, but: " + found,
        "Give the report too; certificates alone are checked by 'keepctl certs verify'.");
}

namespace {

/// Whether a part is of this path: the file itself, something within it, or in the folder.
bool isOf(std::string_view file, std::string_view path)
{
    if (path == "-")
        path = "standard input";
    while (path.size() > 1 && path.ends_with('/'))
        path.remove_suffix(1);
    return file.starts_with(path) && (file.size() == path.size() || file[path.size()] == '/' || file[path.size()] == ':');
}

} // namespace

Status needLists(std::span<const std::string> paths, const Recognised &recognised)
{
    for (const std::string &path : paths) {
        if (std::ranges::any_of(recognised.found, [&](const FoundPart &part) { return part.form == "x509-crl" && isOf(part.file, path); }))
            continue;
        const auto why = std::ranges::find_if(recognised.unknown, [&](const UnknownPart &part) { return isOf(part.file, path); });
        return badInput("read a revocation list", path,
            why == recognised.unknown.end() ? "there is no revocation list in it" : "there is no revocation list in it: " + why->why,
            "Give AMD's list of the product, in DER or PEM: keepctl certs fetch.");
    }
    return {};
}

bool anyUnusable(std::span<const std::string> paths, const Recognised &recognised)
{
    return std::ranges::any_of(paths, [&](const std::string &path) {
        std::error_code error;
        return !std::filesystem::is_directory(path, error)
            && std::ranges::any_of(recognised.unknown, [&](const UnknownPart &part) { return isOf(part.file, path); })
            && std::ranges::none_of(recognised.found, [&](const FoundPart &part) { return isOf(part.file, path); });
    });
}

bool meansFile(std::string_view word)
{
    std::error_code error;
    return word == "-" || word.contains('/') || std::filesystem::is_regular_file(std::string(word), error);
}

std::string placeText(std::string_view file, std::size_t offset)
{
    return std::string(file) + (offset ? std::format(", offset {:#x}", offset) : "");
}

std::string kindText(std::string_view kind)
{
    if (kind == "snp-report")
        return "SNP attestation report";
    if (kind == "sev-chain")
        return "SEV certificate chain";
    if (kind == "sev-report")
        return "SEV attestation report";
    if (kind == "sev-launch-measure")
        return "SEV launch measurement";
    return std::string(kind);
}

std::string recognisedText(const Recognised &recognised, bool all, int fd)
{
    std::string text;
    for (const FoundPart &part : recognised.found)
        if (all || part.form == "azure-hcl") // whether the report binds the blob's runtime data decides what that is worth
            text += "  " + inLine(placeText(part.file, part.offset)) + ": " + inLine(part.what) + "\n";
    for (const UnknownPart &part : recognised.unknown)
        text +=
            "  " + painted(fd, Colour::Yellow, "not read: ") + inLine(placeText(part.file, part.offset)) + ": " + inLine(part.why) + "\n";
    return text;
}

nlohmann::ordered_json recognisedJson(const Recognised &recognised)
{
    js::Out found = js::Out::array(), unknown = js::Out::array();
    for (const FoundPart &part : recognised.found)
        found.push_back({{"file", part.file}, {"offset", part.offset}, {"length", part.length}, {"form", part.form}, {"what", part.what}});
    for (const UnknownPart &part : recognised.unknown)
        unknown.push_back({{"file", part.file}, {"offset", part.offset}, {"why", part.why}});
    return {{"found", std::move(found)}, {"unknown", std::move(unknown)}};
}

} // namespace kastellan::keepctl
