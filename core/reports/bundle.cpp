// SPDX-License-Identifier: Apache-2.0
#include "core/reports/bundle_files.h"

#include "core/base/digest.h"
#include "core/keys/keys.h"

namespace kastellan {

using namespace reports;

Result<Bytes> recordBundle(const Record &record, const EvidenceView &view, const Appraisal *recomputed)
{
    const Page page{record, view, recomputed};
    std::vector<ArchivedFile> files = bundleFiles(page);
    files.insert(files.begin(), {"README.md", toBytes(bundleReadme(page))});
    KASTELLAN_ASSIGN(const std::string publicPem, keys::recordPublicPem());
    files.push_back({"record-key.pem", toBytes(publicPem)});

    std::string digests; // as sha256sum reads it
    for (const auto &file : files)
        digests += toHex(sha256(file.content).view()) + "  " + file.path + "\n";
    KASTELLAN_ASSIGN(Bytes signature, keys::signRecord(asBytes(digests)));
    files.push_back({"MANIFEST.sha256", toBytes(digests)});
    files.push_back({"MANIFEST.sha256.sig", std::move(signature)});
    for (auto &file : files)
        file.path.insert(0, "kastellan-" + (record.id.empty() ? std::string("record") : record.id) + "/");
    return zipped(files);
}

} // namespace kastellan
