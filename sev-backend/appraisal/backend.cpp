// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/appraisal/backend.h"

#include "core/base/digest.h"
#include "sev-backend/appraisal/chain_cache.h"
#include "sev-backend/appraisal/descriptions.h"
#include "sev-backend/appraisal/findings.h"
#include "sev-backend/appraisal/legacy_chain.h"
#include "sev-backend/appraisal/policy_cache.h"
#include "sev-backend/intake/intake.h"
#include "sev-backend/legacy/certificate.h"

#include <algorithm>

namespace kastellan::sev {
namespace {

constexpr std::string_view snpReport = "snp-report";

class SnpBackend final : public EvidenceBackend {
public:
    std::vector<Finding> appraise(const Evidence &evidence, const ReferenceValues &expected, std::int64_t at) const override
    {
        if (isLegacyKind(evidence.kind))
            return appraiseLegacy(evidence, expected);
        if (evidence.kind == "none" && evidence.report.empty())
            return appraiseNothing(expected);
        static const Policy nothing;
        const auto policyEntry = m_policies.get(expected.policy);
        const Policy &policy = *policyEntry ? **policyEntry : nothing;
        Findings findings(expected.strict, policy);
        const auto chain = m_cache.get(evidence.endorsements);
        addChainFindings(findings, *chain, expected, policy, at);
        if (!*policyEntry)
            findings.add(checks::policyFile, Outcome::Fail, "a policy file that can be read",
                (*policyEntry).error().where + ": " + (*policyEntry).error().why);
        else if (!expected.policy.empty())
            findings.add(checks::policyFile, Outcome::Pass, "a policy file that can be read", policy.name.empty() ? "read" : policy.name);
        const auto report = ReportView::from(evidence.report);
        const bool kindKnown = evidence.kind == snpReport;
        findings.verdict(checks::reportFormat, kindKnown && report.has_value(), "an SNP attestation report of 1184 bytes",
            !kindKnown ? "evidence of the kind '" + evidence.kind + "'" : std::to_string(evidence.report.size()) + " bytes");
        if (kindKnown && report) {
            const Product product = productOf(*report, *chain);
            const Subject subject{*report, *chain, expected, policy, product, layoutFor(*report, *chain, product)};
            addReportFindings(findings, subject);
            addPlatformFindings(findings, subject);
            addPolicyFindings(findings, subject);
            addReferenceFindings(findings, subject);
            addIdBlockFindings(findings, subject);
        }
        return findings.take();
    }

    Result<EvidenceView> describe(const Evidence &evidence) const override
    {
        if (isLegacyKind(evidence.kind))
            return describeLegacy(evidence);
        if (evidence.kind != snpReport)
            return badInput("describe evidence", {}, "its kind '" + evidence.kind + "' is not known",
                "Update this program, or give an SNP attestation report.");
        const auto chain = m_cache.get(evidence.endorsements);
        EvidenceView view;
        view.technology = "AMD SEV-SNP";
        if (chain->root.kind == RootIdentity::Kind::Emulated)
            view.technology += " (emulated)";
        view.chain = certificateViews(*chain);
        const auto report = ReportView::from(evidence.report);
        if (!report) {
            view.product = name(chain->root.product);
            view.fields.push_back({0, evidence.report.size(), "report", std::to_string(evidence.report.size()) + " bytes",
                "Unreadable: " + report.error().why + "."});
            return view;
        }
        const Product product = productOf(*report, *chain);
        view.product = name(product);
        const TcbLayout layout = layoutFor(*report, *chain, product);
        view.fields = reportFields(*report, layout);
        view.tcb = tcbColumns(*report, *chain, layout);
        return view;
    }

    bool concerns(const Evidence &evidence, ByteView list, bool isSigned) const override
    {
        const auto crl = RevocationList::fromDer(list);
        const auto chain = m_cache.get(evidence.endorsements);
        return crl && chain->ark && (isSigned ? crl->signatureBy(*chain->ark).has_value() : crl->isBy(*chain->ark));
    }

    std::string platformIdentity(const Evidence &evidence) const override
    {
        if (isLegacyKind(evidence.kind)) {
            // The key of the chip, which stays the same however often it is certified anew.
            for (const auto &endorsement : evidence.endorsements)
                if (endorsement.role == "cek" && endorsement.der.size() == legacy::Certificate::size)
                    return "cek:" + toHex(sha256(ByteView(endorsement.der).subspan(8, legacy::Certificate::signedSize - 8)).view());
            return {};
        }
        const auto report = ReportView::from(evidence.report);
        if (!report || report->chipIdMasked())
            return {};
        const ChipId chip = report->chipId();
        const bool shortForm = std::ranges::all_of(chip.view().subspan(8), [](std::uint8_t byte) { return byte == 0; });
        return "chip:" + toHex(chip.view().first(shortForm ? 8 : chip.view().size()));
    }

    Recognised recognise(std::span<const InputFile> files, const EndorsementPool *pool) const override
    {
        return sev::recognise(files, pool);
    }
    std::shared_ptr<const EndorsementPool> pool(std::span<const InputFile> files, Recognised *what) const override
    {
        return readPool(files, what);
    }

private:
    /// From the product; without one from the certificate, else the form of the chip id.
    static TcbLayout layoutFor(const ReportView &report, const ChainState &chain, Product product)
    {
        if (product != Product::Unknown)
            return layoutOf(product);
        return chain.extensions ? chain.extensions->tcb.layout() : report.product().layout;
    }
    mutable ChainCache m_cache;
    mutable PolicyCache m_policies;
};

} // namespace

std::unique_ptr<EvidenceBackend> makeEvidenceBackend()
{
    return std::make_unique<SnpBackend>();
}

} // namespace kastellan::sev
