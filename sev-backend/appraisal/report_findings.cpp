// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/appraisal/findings.h"

#include <cstdio>

namespace kastellan::sev {
namespace {

std::string hexOffset(std::size_t offset)
{
    char text[24];
    std::snprintf(text, sizeof text, "0x%03zx", offset);
    return text;
}

void addSignature(Findings &findings, const Subject &subject)
{
    const std::string expected = "ECDSA P-384 with SHA-384 over the first 672 bytes, by the certified key";
    if (!subject.chain.key) {
        findings.add(checks::reportSignature, subject.chain.leaf ? Outcome::Fail : Outcome::Unknown, expected,
            subject.chain.leaf ? "the certificate has no key on P-384" : "the certificate of the key is missing");
        return;
    }
    const bool good = subject.chain.key->verifies(subject.report.signedBytes(), subject.report.signatureR(), subject.report.signatureS());
    findings.verdict(checks::reportSignature, good, expected, good ? "verifies" : "does not verify");
}

void addKey(Findings &findings, const Subject &subject)
{
    const auto &report = subject.report;
    if (report.signatureAlgorithm() != 1) {
        findings.add(checks::reportKey, Outcome::Fail, "algorithm 1 (ECDSA P-384 with SHA-384)",
            "algorithm " + std::to_string(report.signatureAlgorithm()));
        return;
    }
    const std::string actual(name(report.signingKey()));
    if (!subject.chain.leaf) {
        const bool usable = report.signingKey() == SigningKey::Vcek || report.signingKey() == SigningKey::Vlek;
        findings.add(checks::reportKey, usable ? Outcome::Unknown : Outcome::Fail, "the key of the certificate", actual);
        return;
    }
    const auto certified = subject.chain.vlek ? SigningKey::Vlek : SigningKey::Vcek;
    findings.verdict(checks::reportKey, report.signingKey() == certified, std::string(name(certified)) + ", as the certificate", actual);
}

/// The stepping in a certificate's words: 1 in "Genoa-B1"; nothing in "Genoa".
std::optional<unsigned> steppingIn(std::string_view productName)
{
    const auto dash = productName.rfind('-');
    if (dash == std::string_view::npos || productName.size() != dash + 3 || productName[dash + 2] < '0' || productName[dash + 2] > '9')
        return {};
    return static_cast<unsigned>(productName[dash + 2] - '0');
}

void addStepping(Findings &findings, const Subject &subject)
{
    const auto &report = subject.report;
    const std::string actual = report.hasCpuid() ? "stepping " + std::to_string(report.cpuidStepping()) : "reports of version 2 do not say";
    if (const auto &accepted = subject.policy.steppings; !accepted.empty()) {
        std::string expected;
        for (const auto stepping : accepted)
            expected += (expected.empty() ? "" : " or ") + std::to_string(stepping);
        const bool pass = report.hasCpuid() && std::ranges::find(accepted, report.cpuidStepping()) != accepted.end();
        findings.add(checks::productStepping,
            pass                    ? Outcome::Pass
                : report.hasCpuid() ? Outcome::Fail
                                    : Outcome::Unknown,
            "stepping " + expected, actual);
    }
    if (!subject.chain.extensions || !report.hasCpuid())
        return;
    const auto named = steppingIn(subject.chain.extensions->productName);
    if (named)
        findings.verdict(checks::productName, *named == report.cpuidStepping(), actual + ", as the report",
            "'" + subject.chain.extensions->productName + "'");
}

void addProduct(Findings &findings, const Subject &subject)
{
    if (const auto &accepted = subject.policy.products; !accepted.empty()) {
        std::string expected;
        for (const auto product : accepted)
            (expected += expected.empty() ? "" : " or ") += name(product);
        findings.verdict(checks::productAllowed, std::ranges::find(accepted, subject.product) != accepted.end(), std::move(expected),
            std::string(name(subject.product)));
    }
    const auto own = subject.report.product();
    const Product chain = subject.chain.root.product;
    std::string expected = chain == Product::Unknown ? "a known product" : std::string(name(chain)) + ", as the chain";
    std::string actual = own.product == Product::Unknown ? own.how : std::string(name(own.product)) + " (" + own.how + ")";
    Outcome outcome = Outcome::Pass;
    const bool certificateDiffers = subject.chain.extensions && chain != Product::Unknown && subject.chain.extensions->product != chain;
    if (certificateDiffers) {
        outcome = Outcome::Fail;
        actual = "the certificate is for '" + subject.chain.extensions->productName + "'";
    } else if (subject.report.hasCpuid()) {
        if (own.product == Product::Unknown) {
            outcome = Outcome::Fail;
            actual = "unknown product: " + own.how + "; this program does not know how its TCB and chip id are to be read";
        } else if (own.product == Product::Venice) {
            outcome = Outcome::Fail;
            actual = "Venice (" + own.how + "): this program knows no root of this product yet";
        } else if (chain != Product::Unknown && own.product != chain) {
            outcome = Outcome::Fail;
        }
    } else if (chain == Product::Unknown) {
        outcome = own.product == Product::Unknown ? Outcome::Unknown : Outcome::Pass;
    } else if (own.layoutKnown && own.layout != layoutOf(chain)) {
        outcome = Outcome::Fail;
    }
    findings.add(checks::reportProduct, outcome, std::move(expected), std::move(actual));
}

} // namespace

Product productOf(const ReportView &report, const ChainState &chain)
{
    const auto own = report.product();
    if (own.product != Product::Unknown)
        return own.product;
    if (report.hasCpuid() || chain.root.product == Product::Unknown)
        return chain.extensions ? chain.extensions->product : chain.root.product;
    return chain.root.product;
}

void addReportFindings(Findings &findings, const Subject &subject)
{
    const auto &report = subject.report;
    const std::string version = std::to_string(report.version());
    findings.verdict(checks::reportVersion, report.versionKnown(), "2 to 5", version);
    if (const auto least = subject.policy.report.minimumVersion)
        findings.verdict(checks::reportMinimum, report.version() >= *least, std::to_string(*least) + " or newer", version);
    addSignature(findings, subject);
    addKey(findings, subject);
    if (const auto signer = subject.policy.signingKey)
        findings.verdict(
            checks::reportSigner, report.signingKey() == *signer, std::string(name(*signer)), std::string(name(report.signingKey())));
    const auto violation = report.reservedViolation();
    findings.verdict(checks::reportReserved, !violation, "all zero",
        violation ? "set at offset " + hexOffset(violation->offset) + " (" + violation->field + ")" : "all zero");
    addProduct(findings, subject);
    addStepping(findings, subject);
}

} // namespace kastellan::sev
