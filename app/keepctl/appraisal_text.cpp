// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/appraisal_text.h"

#include "app/keepctl/output.h"

#include <format>

namespace kastellan::keepctl {

namespace {

/// A check that did not pass.
std::string problemText(const Finding &finding, int fd)
{
    return "  " + painted(fd, colourOf(finding.outcome), name(finding.outcome)) + "  " + inLine(title(finding.id)) + "  "
        + painted(fd, Colour::Faint, finding.id) + (finding.required ? "\n" : " (advisory)\n")
        + facts({{"expected", finding.expected}, {"actual", finding.actual}, {"why", finding.why}, {"to do", finding.remedy}}, 6);
}

std::string overridesText(const Appraisal &appraisal, int fd)
{
    std::string text;
    for (const std::string &given : appraisal.overrides)
        text += painted(fd, Colour::Yellow, "protection given up: " + inLine(given)) + "\n";
    return text;
}

std::string verdictLine(const Appraisal &appraisal, int fd)
{
    std::string text = "verdict: " + painted(fd, colourOf(name(appraisal.verdict)), name(appraisal.verdict));
    const std::string emulated = emulatedNote(appraisal.emulated);
    if (!emulated.empty())
        text += " " + painted(fd, Colour::Yellow, "(" + emulated + ")");
    text += "\n";
    if (!appraisal.sentence.empty())
        text += inLine(appraisal.sentence) + "\n";
    return text;
}

} // namespace

std::string emulatedNote(bool emulated)
{
    return emulated ? "EMULATED: proves the procedure, nothing about hardware" : "";
}

std::string appraisalSummary(const Appraisal &appraisal, int fd)
{
    std::size_t required = 0, passed = 0, advisory = 0, good = 0;
    std::string problems;
    for (const Finding &finding : appraisal.findings) {
        const bool pass = finding.outcome == Outcome::Pass;
        if (finding.outcome == Outcome::Info)
            continue;
        ++(finding.required ? required : advisory);
        if (pass)
            ++(finding.required ? passed : good);
        else if (finding.required || finding.outcome == Outcome::Fail)
            problems += problemText(finding, fd);
    }
    std::string text = verdictLine(appraisal, fd);
    text += std::format("{} of {} required checks passed", passed, required);
    if (advisory)
        text += std::format(", {} of {} advisory ones", good, advisory);
    return text + "\n" + problems + overridesText(appraisal, fd);
}

std::string chainText(const EvidenceView &view, int fd)
{
    if (view.chain.empty())
        return "certificates: none that fits\n";
    std::string text = painted(fd, Colour::Bold, "certificates, leaf first") + "\n";
    for (const CertificateView &link : view.chain) {
        const std::string signature = link.issuerMissing ? painted(fd, Colour::Yellow, "its issuer is not there")
            : link.signatureGood                         ? painted(fd, Colour::Green, "signature good")
                                                         : painted(fd, Colour::Red, "signature not good");
        text += "  " + inLine(link.role) + "  " + inLine(link.subject) + "  " + signature + "\n";
        text += facts({{"issuer", link.issuer}, {"serial", link.serial}, {"key", link.key},
                          {"valid", link.notBefore.empty() ? "" : link.notBefore + " to " + link.notAfter}, {"sha-256", link.sha256},
                          {"emulated", link.emulated ? "yes" : ""}},
            6);
    }
    return text;
}

std::string fieldsText(const EvidenceView &view, int fd)
{
    std::string text = painted(fd, Colour::Bold, "fields of the report") + "\n";
    constexpr std::size_t widestValue = 32;
    Table table({"offset", "length", "field", "value", "meaning"}, widestValue);
    for (const Field &field : view.fields)
        table.add({std::format("{:#x}", field.offset), std::to_string(field.length), field.name, field.value, field.meaning});
    return text + table.text(fd);
}

} // namespace kastellan::keepctl
