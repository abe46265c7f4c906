// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/json.h"

namespace kastellan::js {
namespace {

template <typename Fixed>
Out hexOrNull(const std::optional<Fixed> &value)
{
    return value ? Out(toHex(value->view())) : Out(nullptr);
}

constexpr std::int64_t highestLevel = 0xffffffff;

} // namespace

Blobs Blobs::inPlace()
{
    return {
        .write = [](ByteView bytes) { return Out{{"base64", toBase64(bytes)}}; },
        .read = [](const In &value, const std::string &where) -> Result<Bytes> {
            Object object(value, where);
            Bytes bytes = object.base64("base64");
            KASTELLAN_TRY(object.status());
            return bytes;
        },
    };
}

Out toJson(const ReferenceValues &expected)
{
    Out minimum = Out::object();
    for (const auto &[level, floor] : expected.minimumTcb)
        minimum[level] = floor;
    return {
        {"root", expected.root},
        {"launch_digest", hexOrNull(expected.launchDigest)},
        {"short_launch_digest", hexOrNull(expected.shortLaunchDigest)},
        {"report_data", hexOrNull(expected.reportData)},
        {"host_data", hexOrNull(expected.hostData)},
        {"minimum_tcb", std::move(minimum)},
        {"vmpl", expected.vmpl ? Out(*expected.vmpl) : Out(nullptr)},
        {"allow_debug", expected.allowDebug},
        {"strict", expected.strict},
        {"policy", expected.policy.empty() ? Out(nullptr) : Out(expected.policy)},
    };
}

Result<ReferenceValues> referenceValuesFrom(const In &value, const std::string &where)
{
    Object object(value, where);
    ReferenceValues expected;
    expected.root = object.text("root");
    expected.launchDigest = object.fixed<LaunchDigest>("launch_digest");
    expected.shortLaunchDigest = object.fixed<Sha256>("short_launch_digest");
    expected.reportData = object.fixed<ReportData>("report_data");
    expected.hostData = object.fixed<HostData>("host_data");
    if (const In *minimum = object.find("minimum_tcb")) {
        Object levels(*minimum, object.place("minimum_tcb"));
        if (levels.status()) {
            for (const auto &[level, floor] : minimum->items())
                expected.minimumTcb.emplace_back(level, static_cast<unsigned>(levels.integer(level.c_str(), 0, highestLevel)));
        }
        object.also(levels.status());
    }
    if (const In *vmpl = object.find("vmpl"); vmpl && !vmpl->is_null())
        expected.vmpl = static_cast<unsigned>(object.integer("vmpl", 0, highestLevel));
    expected.allowDebug = object.flagOr("allow_debug", false);
    expected.strict = object.flagOr("strict", false);
    if (const In *policy = object.find("policy"); policy && !policy->is_null())
        expected.policy = object.text("policy");
    KASTELLAN_TRY(object.status());
    return expected;
}

Out toJson(const Evidence &evidence, const Blobs &blobs)
{
    Out endorsements = Out::array();
    for (const auto &endorsement : evidence.endorsements)
        endorsements.push_back({{"role", endorsement.role}, {"der", blobs.write(endorsement.der)}});
    return {{"kind", evidence.kind}, {"report", blobs.write(evidence.report)}, {"endorsements", std::move(endorsements)}};
}

Result<Evidence> evidenceFrom(const In &value, const std::string &where, const Blobs &blobs)
{
    Object object(value, where);
    Evidence evidence;
    evidence.kind = object.text("kind");
    const In *report = object.find("report");
    if (!report)
        object.wrong("report", "it is missing");
    KASTELLAN_TRY(object.status());
    KASTELLAN_ASSIGN(evidence.report, blobs.read(*report, object.place("report")));
    object.each("endorsements", [&](const In &element, const std::string &place) -> Status {
        Object entry(element, place);
        Endorsement endorsement;
        endorsement.role = entry.text("role");
        const In *der = entry.find("der");
        if (!der)
            entry.wrong("der", "it is missing");
        KASTELLAN_TRY(entry.status());
        KASTELLAN_ASSIGN(endorsement.der, blobs.read(*der, entry.place("der")));
        evidence.endorsements.push_back(std::move(endorsement));
        return {};
    });
    KASTELLAN_TRY(object.status());
    return evidence;
}

Out toJson(const Binding &binding)
{
    const bool delivered = binding.first && binding.manifest;
    return {
        {"keep", toHex(binding.keep.view())},
        {"nonce", toHex(binding.nonce.view())},
        {"exporter", toHex(binding.exporter.view())},
        {"warden_key", toHex(binding.wardenKey.view())},
        {"manifest", hexOrNull(binding.manifest)},
        {"first", hexOrNull(binding.first)},
        // Computed, so that a reader sees what the report has to carry; never read back.
        {"attest_data", toHex(binding.attestData().view())},
        {"deliver_data", delivered ? Out(toHex(binding.deliverData().view())) : Out(nullptr)},
    };
}

Result<Binding> bindingFrom(const In &value, const std::string &where)
{
    Object object(value, where);
    Binding binding;
    binding.keep = object.fixedRequired<KeepId>("keep");
    binding.nonce = object.fixedRequired<Nonce>("nonce");
    binding.exporter = object.fixedRequired<Exporter>("exporter");
    binding.wardenKey = object.fixedRequired<Sha256>("warden_key");
    binding.manifest = object.fixed<Sha256>("manifest");
    binding.first = object.fixed<ReportData>("first");
    KASTELLAN_TRY(object.status());
    return binding;
}

Out toJson(const EvidenceView &view)
{
    Out fields = Out::array();
    for (const auto &field : view.fields)
        fields.push_back(
            {{"offset", field.offset}, {"length", field.length}, {"name", field.name}, {"value", field.value}, {"meaning", field.meaning}});
    Out tcb = Out::object();
    for (const auto &column : view.tcb) {
        Out levels = Out::object();
        for (const auto &level : column.levels)
            levels[level.name] = level.value;
        tcb[column.name] = std::move(levels);
    }
    Out chain = Out::array();
    for (const auto &certificate : view.chain) {
        Out extensions = Out::object();
        for (const auto &[key, text] : certificate.extensions)
            extensions[key] = text;
        chain.push_back({
            {"role", certificate.role},
            {"subject", certificate.subject},
            {"issuer", certificate.issuer},
            {"serial", certificate.serial},
            {"key", certificate.key},
            {"not_before", certificate.notBefore},
            {"not_after", certificate.notAfter},
            {"sha256", certificate.sha256},
            {"emulated", certificate.emulated},
            {"signature_good", certificate.signatureGood},
            {"issuer_missing", certificate.issuerMissing},
            {"extensions", std::move(extensions)},
        });
    }
    return {
        {"technology", view.technology},
        {"product", view.product},
        {"fields", std::move(fields)},
        {"tcb", std::move(tcb)},
        {"chain", std::move(chain)},
    };
}

} // namespace kastellan::js
