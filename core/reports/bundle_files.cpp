// SPDX-License-Identifier: Apache-2.0
#include "core/reports/bundle_files.h"

#include "core/evidence/json.h"
#include "core/reports/text.h"

#include <algorithm>

namespace kastellan::reports {
namespace {

/// A role comes from a record and becomes part of a path.
std::string safeRole(std::string_view role)
{
    std::string safe;
    for (const char c : role.substr(0, 32))
        safe += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
    return safe.empty() ? "unnamed" : safe;
}

void addCertificates(std::vector<ArchivedFile> &files, const Evidence &evidence)
{
    std::vector<std::string> used;
    for (const auto &endorsement : evidence.endorsements) {
        std::string role = safeRole(endorsement.role);
        // Two of one role, as two revocation lists, keep apart.
        const auto count = std::ranges::count(used, role);
        used.push_back(role);
        if (count)
            role += "-" + std::to_string(count + 1);
        files.push_back({"certificates/" + role + ".der", endorsement.der});
        files.push_back({"certificates/" + role + ".pem", toBytes(toPem(endorsement))});
    }
}

void addBinding(std::vector<ArchivedFile> &files, const Binding &binding)
{
    const auto add = [&](const char *name, ByteView bytes) { files.push_back({std::string("bindings/") + name, toBytes(bytes)}); };
    add("nonce.bin", binding.nonce.view());
    add("exporter.bin", binding.exporter.view());
    add("warden-key-sha256.bin", binding.wardenKey.view());
    add("keep-id.bin", binding.keep.view());
    if (binding.first)
        add("first-report-data.bin", binding.first->view());
    if (binding.manifest)
        add("manifest-sha256.bin", binding.manifest->view());
}

} // namespace

const Endorsement *endorsementOf(const Evidence &evidence, std::string_view role)
{
    const auto it = std::ranges::find(evidence.endorsements, role, &Endorsement::role);
    return it == evidence.endorsements.end() ? nullptr : &*it;
}

const Endorsement *leafOf(const Evidence &evidence)
{
    const Endorsement *vcek = endorsementOf(evidence, "vcek");
    return vcek ? vcek : endorsementOf(evidence, "vlek");
}

const Endorsement *issuerOf(const Evidence &evidence)
{
    const Endorsement *asvk = endorsementOf(evidence, "asvk");
    const Endorsement *ask = endorsementOf(evidence, "ask");
    const Endorsement *leaf = leafOf(evidence);
    return asvk && (!ask || (leaf && leaf->role == "vlek")) ? asvk : ask;
}

Bytes canonicalManifestOf(const Record &record)
{
    const auto value = js::parse(record.manifest, "a manifest");
    if (!value || !value->is_object())
        return {};
    js::Object object(*value, "manifest");
    return object.base64("canonical");
}

std::vector<ArchivedFile> bundleFiles(const Page &page)
{
    constexpr unsigned textColumns = 100;
    const Record &record = page.record;
    std::vector<ArchivedFile> files;
    if (!record.evidence.report.empty()) // redacted
        files.push_back({"report.bin", record.evidence.report});
    files.push_back({"report.html", toBytes(recordHtml(record, page.view, page.recomputed))});
    files.push_back({"record.json", toBytes(recordJson(record, &page.view, page.recomputed) + "\n")});
    files.push_back({"appraisal.json", toBytes(js::dump(js::toJson(record.appraisal), 2) + "\n")});
    files.push_back({"appraisal.txt", toBytes(recordText(record, false, textColumns))});
    if (!record.plan.empty())
        files.push_back({"plan.json", toBytes(record.plan)});
    if (!record.manifest.empty())
        files.push_back({"delivery-manifest.json", toBytes(record.manifest)});
    if (Bytes canonical = canonicalManifestOf(record); !canonical.empty())
        files.push_back({"delivery-manifest.txt", std::move(canonical)});
    addCertificates(files, record.evidence);
    if (record.binding)
        addBinding(files, *record.binding);
    std::ranges::sort(files, {}, &ArchivedFile::path);
    return files;
}

} // namespace kastellan::reports
