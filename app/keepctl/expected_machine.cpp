// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/expected_machine.h"

#include "app/keepctl/output.h"
#include "app/keepctl/vm_request.h"
#include "core/evidence/json.h"

#include <algorithm>

namespace kastellan::keepctl {

Result<std::optional<ExpectedMachine>> ExpectedMachine::from(const Invocation &asked, ReferenceValues &expected)
{
    if (!asked.has("from-qemu") && !asked.has("from-libvirt")) {
        for (const char *option : {"ovmf", "vcpus", "vcpu-type", "guest-features"})
            if (asked.has(option))
                return badInput("understand the command line", "--" + std::string(option), "it changes a machine, and none is described",
                    "Give --from-qemu or --from-libvirt, or the digest that 'keepctl measure snp' yields with --expect-digest.");
        return std::nullopt;
    }
    if (asked.has("expect-digest"))
        return badInput(
            "understand the command line", "--expect-digest", "the machine's description says what is expected", "Give one of the two.");
    KASTELLAN_ASSIGN(const sev::DerivedLaunch derived, launchFrom(asked, std::nullopt));
    if (!asked.has("json"))
        tellDerived(derived, true);
    KASTELLAN_ASSIGN(const sev::Launch launch, sev::Launch::open(derived.parameters));
    KASTELLAN_ASSIGN(Bytes digest, launch.measure());
    if (digest.size() == LaunchDigest::size)
        expected.launchDigest = *LaunchDigest::from(digest, "launch digest");
    else
        expected.shortLaunchDigest = *Sha256::from(digest, "launch digest");
    return ExpectedMachine(derived.parameters, std::move(digest));
}

Result<std::vector<sev::Explanation>> ExpectedMachine::explain(const EvidenceView &view)
{
    const auto field =
        std::ranges::find_if(view.fields, [](const Field &one) { return one.name == "measurement" || one.name == "launch_digest"; });
    const auto seen = field == view.fields.end() ? Result<Bytes>(Bytes()) : fromHex(field->value);
    if (!seen || seen->size() != m_digest.size() || *seen == m_digest)
        return std::vector<sev::Explanation>();
    return sev::explainLaunch(m_parameters, *seen);
}

nlohmann::ordered_json explanationsJson(const std::vector<sev::Explanation> &explanations)
{
    js::Out list = js::Out::array();
    for (const sev::Explanation &one : explanations) {
        js::Out changes = js::Out::array();
        for (const sev::Change &change : one.changes)
            changes.push_back(
                {{"what", change.what}, {"from", change.from}, {"to", change.to}, {"phrase", change.phrase}, {"option", change.option}});
        list.push_back({{"sentence", one.sentence()}, {"options", one.options()}, {"changes", std::move(changes)}});
    }
    return list;
}

std::string explanationsText(const std::vector<sev::Explanation> &explanations)
{
    if (explanations.empty())
        return "  Nothing that was tried explains the launch digest; 'keepctl measure snp --expect @REPORT' tries other firmware too.\n";
    std::string text;
    for (const sev::Explanation &one : explanations)
        text += "  " + inLine(one.sentence()) + (one.options().empty() ? "" : " (" + inLine(one.options()) + ")") + "\n";
    return text;
}

} // namespace kastellan::keepctl
