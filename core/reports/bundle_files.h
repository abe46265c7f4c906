// SPDX-License-Identifier: Apache-2.0
// What lies in a bundle (docs/records.md, "The bundle"). Private to core/reports.
#pragma once

#include "core/reports/html.h"
#include "core/reports/zip.h"

namespace kastellan::reports {

/// Everything but README, list of digests and signature; sorted by path.
[[nodiscard]] std::vector<ArchivedFile> bundleFiles(const Page &page);
/// The exact bytes of the delivery manifest, whose SHA-256 is bound into the report; empty when the record has none.
[[nodiscard]] Bytes canonicalManifestOf(const Record &record);
/// How to check it with plain openssl and the tools of every system. Its code blocks are run by tests/integration/bundle.
[[nodiscard]] std::string bundleReadme(const Page &page);
/// The certificate of the key that signed the report: "vcek" or "vlek"; null when there is none.
[[nodiscard]] const Endorsement *leafOf(const Evidence &evidence);
/// The certificate that signed it: "ask" for a VCEK, "asvk" for a VLEK, under whichever name it was given; null when there is none.
[[nodiscard]] const Endorsement *issuerOf(const Evidence &evidence);
[[nodiscard]] const Endorsement *endorsementOf(const Evidence &evidence, std::string_view role);

} // namespace kastellan::reports
