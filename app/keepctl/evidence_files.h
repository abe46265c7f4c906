// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/evidence.h"

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <span>

namespace kastellan::keepctl {

/// Reads files and folders, and finds out what they are.
[[nodiscard]] Result<Recognised> recogniseFiles(const EvidenceBackend &backend, std::span<const std::string> paths);
/// The same; files without evidence are an Input error that says what they hold instead.
[[nodiscard]] Result<Recognised> evidenceOf(const EvidenceBackend &backend, std::span<const std::string> paths);

/// An Input error when one of the files that were given as revocation lists holds none: without it a revocation could go unseen.
[[nodiscard]] Status needLists(std::span<const std::string> paths, const Recognised &recognised);
/// Whether one of these files, which were named themselves, holds nothing that is known here. What lies in a folder may be anything.
[[nodiscard]] bool anyUnusable(std::span<const std::string> paths, const Recognised &recognised);
/// Whether a word of the command line means a file rather than a record: it has a slash, or is a file that is there.
[[nodiscard]] bool meansFile(std::string_view word);
/// "report.bin", or with where it is in the file: "blob.bin, offset 0x20".
[[nodiscard]] std::string placeText(std::string_view file, std::size_t offset);
/// For people: "SNP attestation report".
[[nodiscard]] std::string kindText(std::string_view kind);
/// What was not found, and of Azure's blobs what their reports bind, for a person; `all`: all that was found.
[[nodiscard]] std::string recognisedText(const Recognised &recognised, bool all, int fd);
/// The same as JSON: {"found": […], "unknown": […]}.
[[nodiscard]] nlohmann::ordered_json recognisedJson(const Recognised &recognised);

} // namespace kastellan::keepctl
