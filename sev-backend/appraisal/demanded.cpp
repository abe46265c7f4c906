// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/appraisal/demanded.h"

#include "sev-backend/abi/id_block.h"
#include "sev-backend/machine/id_signing.h"

#include <format>

namespace kastellan::sev {
namespace {

Finding demanded(std::string id, std::string expected, std::string actual, std::string why)
{
    Finding finding;
    finding.id = std::move(id);
    finding.area = "policy";
    finding.outcome = expected == actual ? Outcome::Pass : Outcome::Fail;
    finding.required = true;
    finding.expected = std::move(expected);
    finding.actual = std::move(actual);
    finding.why = std::move(why);
    if (finding.outcome == Outcome::Fail)
        finding.remedy = "Do not use this host: it launched the keep in another way than was demanded.";
    finding.source = "SEV-SNP firmware ABI 1.58 (AMD 56860), section 8.18";
    return finding;
}

std::string keyText(const Sha384 &digest)
{
    return toHex(digest.view());
}

std::string keyDigestText(ByteView key)
{
    const auto whole = FirmwareKey::from(key, "a key");
    return whole ? keyText(keyDigest(*whole)) : "unreadable";
}

/// What an ID block says of a guest, in one line.
std::string blockText(const BlockId &family, const BlockId &image, std::uint32_t svn)
{
    return std::format("family {}, image {}, SVN {}", toHex(family.view()), toHex(image.view()), svn);
}

void addBlock(std::vector<Finding> &findings, const ReportView &report, const MachineRequest &request)
{
    const auto blockBytes = fromBase64(request.idBlock), authBytes = fromBase64(request.idAuth);
    const auto block = blockBytes ? IdBlock::decode(*blockBytes) : std::unexpected(blockBytes.error());
    const auto auth = authBytes ? IdAuthView::from(*authBytes) : std::unexpected(authBytes.error());
    const std::string why = "The ID block says whose guest this is; the firmware puts it into every report.";
    findings.push_back(demanded("idblock.demanded",
        block ? blockText(block->familyId, block->imageId, block->guestSvn) : "the ID block of the plan, which is unreadable",
        blockText(report.familyId(), report.imageId(), report.guestSvn()), why));
    findings.push_back(demanded("idblock.demanded_key", auth ? keyDigestText(auth->idKey()) : "the key of the plan, which is unreadable",
        toHex(report.idKeyDigest().view()), why));
    if (request.authorKey)
        findings.push_back(
            demanded("idblock.demanded_author", auth ? keyDigestText(auth->authorKey()) : "the author key of the plan, which is unreadable",
                toHex(report.authorKeyDigest().view()), why));
}

} // namespace

std::vector<Finding> demandedFindings(ByteView bytes, const LaunchPlan &plan)
{
    std::vector<Finding> findings;
    const auto report = ReportView::from(bytes);
    if (!report) // said by the appraisal of the report itself
        return findings;
    findings.push_back(demanded("policy.demanded", std::format("{:#x}", plan.policy), std::format("{:#x}", report->policy().raw()),
        "The guest policy says what the host may do with the keep, and the launch digest does not cover it."));
    if (!plan.machine)
        return findings;
    if (!plan.machine->request.idBlock.empty())
        addBlock(findings, *report, plan.machine->request);
    if (plan.machine->request.vlek)
        findings.push_back(demanded("report.signer.demanded", "VLEK", report->signingKey() == SigningKey::Vlek ? "VLEK" : "another key",
            "The owner wants reports that the provider's key signs."));
    return findings;
}

} // namespace kastellan::sev
