// SPDX-License-Identifier: Apache-2.0
#include "core/reports/svg.h"
#include "core/reports/text_layout.h"
#include "core/reports/words.h"

#include <algorithm>

namespace kastellan {

using namespace reports;

namespace {

constexpr double margin = 1;
constexpr double padding = 14;
constexpr double barWidth = 5;
constexpr double linkHeight = 44;
constexpr std::size_t shownDigest = 32;

const Finding *findingOf(const Appraisal &appraisal, std::string_view id)
{
    const auto it = std::ranges::find(appraisal.findings, id, &Finding::id);
    return it == appraisal.findings.end() ? nullptr : &*it;
}

struct Line {
    std::string text;
    TextStyle style;
};

/// Draws one after the other, from top to bottom.
class ChainDrawing {
public:
    ChainDrawing(Palette palette, double width)
        : m_theme(theme(palette))
        , m_svg(width)
    {
    }

    void card(Tone tone, const std::string &title, const std::string &tag, const std::vector<Line> &lines)
    {
        const double inner = m_svg.width() - 2 * margin - 2 * padding - barWidth;
        const double tagWidth = tag.empty() ? 0 : textWidth(tag, 11, false, true) + 34;
        const bool besides = tagWidth < inner / 2;
        const TextStyle titleStyle{.size = 14, .colour = m_theme.text, .bold = true};
        const double titleWidth = inner - (besides ? tagWidth : 0);
        // The box has to be drawn first and needs the height of what stands in it.
        double height = 2 * padding + (besides || tag.empty() ? 0 : 30);
        height += Svg::lineHeight(titleStyle.size) * static_cast<double>(wrapped(title, titleWidth, titleStyle.size, false, true).size());
        for (const auto &line : lines)
            height += 3
                + Svg::lineHeight(line.style.size)
                    * static_cast<double>(wrapped(line.text, inner, line.style.size, line.style.fixedPitch, line.style.bold).size());
        const auto &shades = m_theme.of(tone);
        m_svg.rectangle(margin, m_y, m_svg.width() - 2 * margin, height, m_theme.card, m_theme.border, 9);
        m_svg.rectangle(margin + 6, m_y + 8, barWidth, height - 16, shades.line, shades.line, barWidth / 2);
        const double x = margin + padding + barWidth;
        double y = m_y + padding;
        if (!tag.empty()) {
            m_svg.pill(besides ? m_svg.width() - margin - padding : -x, y - 3, tag, m_theme.emulated, Symbol::Warning, m_theme.onLine);
            if (!besides)
                y += 30;
        }
        y = m_svg.paragraph(x, y, titleWidth, title, titleStyle);
        for (const auto &line : lines)
            y = m_svg.paragraph(x, y + 3, inner, line.text, line.style);
        m_y += height;
    }

    void link(Tone tone, const std::string &text)
    {
        const auto &shades = m_theme.of(tone);
        const double x = margin + padding + barWidth + 10;
        const TextStyle style{.size = 12.5, .colour = shades.text, .bold = true};
        const double room = m_svg.width() - x - 24;
        const double lines = static_cast<double>(wrapped(text, room, style.size, false, true).size());
        const double height = linkHeight + (lines - 1) * Svg::lineHeight(style.size);
        m_svg.line(x, m_y, x, m_y + height - 8, shades.line, 2);
        m_svg.arrowDown(x, m_y + height - 1, shades.line);
        m_svg.symbol(symbolOf(tone), x, m_y + height / 2 - 5, 9, shades.line, m_theme.onLine);
        m_svg.paragraph(x + 20, m_y + (height - 10 - lines * Svg::lineHeight(style.size)) / 2 + 2, room, text, style);
        m_y += height;
    }

    [[nodiscard]] Line plain(std::string text) const { return {std::move(text), {.size = 12.5, .colour = m_theme.text}}; }
    [[nodiscard]] Line muted(std::string text) const { return {std::move(text), {.size = 12, .colour = m_theme.muted}}; }
    [[nodiscard]] Line fixed(std::string text) const
    {
        return {std::move(text), {.size = 11, .colour = m_theme.muted, .fixedPitch = true}};
    }
    [[nodiscard]] std::string finish(std::string_view title) const { return m_svg.finish(m_y + margin, title); }

private:
    const Theme &m_theme;
    Svg m_svg;
    double m_y = margin;
};

void addCertificate(ChainDrawing &drawing, const CertificateView &certificate)
{
    drawing.card(certificate.signatureGood ? Tone::Good : Tone::Bad, roleTitle(certificate.role), certificate.emulated ? "EMULATED" : "",
        {
            drawing.plain(certificate.subject),
            drawing.muted(certificate.notAfter.empty()
                    ? certificate.key // AMD's own form has no dates
                    : certificate.key + ", valid from " + certificate.notBefore + " to " + certificate.notAfter),
            drawing.fixed("SHA-256 " + shortened(certificate.sha256, shownDigest)),
        });
}

/// All of a chain with what joins them. Yields it in words.
std::string addCertificates(ChainDrawing &drawing, const std::vector<CertificateView> &chain)
{
    std::string words;
    for (std::size_t i = 0; i < chain.size(); ++i) {
        const auto &certificate = chain[i];
        addCertificate(drawing, certificate);
        words += ", " + certificate.role + (certificate.signatureGood ? " (verifies)" : " (not verified)");
        if (i + 1 < chain.size() && certificate.role == "oca") // the owner's end; the next one signed the PEK as well
            drawing.link(Tone::Neutral, "the owner's end; below: the chip's end, which signed the PEK too");
        else if (i + 1 < chain.size())
            drawing.link(certificate.issuerMissing ? Tone::Warning
                    : certificate.signatureGood    ? Tone::Good
                                                   : Tone::Bad,
                certificate.issuerMissing       ? "signed by one that is not here"
                    : certificate.signatureGood ? "signed by the next: verifies"
                                                : "signature by the next: does not verify");
    }
    return words;
}

} // namespace

std::string certificatesSvg(const std::vector<CertificateView> &chain, Palette palette, unsigned width)
{
    constexpr unsigned narrowest = 240;
    ChainDrawing drawing(palette, std::max(width, narrowest));
    const std::string words = addCertificates(drawing, chain);
    return drawing.finish("Certificate chain, leaf first" + words);
}

std::string chainSvg(const EvidenceView &view, const Appraisal &appraisal, Palette palette, unsigned width)
{
    constexpr unsigned narrowest = 240;
    ChainDrawing drawing(palette, std::max(width, narrowest));
    const Finding *signature = findingOf(appraisal, "report.signature");
    const bool reportGood = signature && signature->outcome == Outcome::Pass;
    const Tone reportTone = signature ? toneOf(signature->outcome, signature->required) : Tone::Warning;
    std::string title = "Certificate chain, leaf first: attestation report";

    drawing.card(reportTone, "Attestation report", appraisal.emulated ? "EMULATED" : "",
        {drawing.plain(
            view.technology.empty() ? "of unknown format" : view.technology + (view.product.empty() ? "" : ", " + view.product))});
    if (view.chain.empty()) {
        drawing.link(Tone::Bad, "nothing backs it");
        drawing.card(Tone::Bad, "No certificate", "", {drawing.plain("Without certificates nobody can tell who signed this report.")});
        return drawing.finish(title + ", no certificate");
    }
    drawing.link(reportTone, reportGood ? "signed by this key: verifies" : "signature by this key: not verified");
    title += reportGood ? " (verifies)" : " (not verified)";
    title += addCertificates(drawing, view.chain);
    const Finding *pinned = findingOf(appraisal, "root.pinned");
    const bool accepted = pinned && pinned->outcome == Outcome::Pass;
    drawing.link(accepted ? Tone::Good : Tone::Bad, accepted ? "is the accepted root" : "is not the accepted root");
    std::vector<Line> root;
    if (pinned && !pinned->expected.empty())
        root.push_back(drawing.fixed(pinned->expected));
    drawing.card(accepted ? Tone::Good : Tone::Bad, accepted ? "Accepted root, fixed in the plan" : "Another root was accepted in the plan",
        "", root);
    return drawing.finish(title + (accepted ? ", which is the accepted root" : ", which is not the accepted root"));
}

} // namespace kastellan
