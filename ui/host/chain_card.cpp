// SPDX-License-Identifier: Apache-2.0
#include "ui/host/chain_card.h"

#include "core/reports/reports.h"
#include "ui/capital.h"
#include "ui/text.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/segments.h"
#include "ui/widgets/svg_view.h"

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

QString stateOf(const CertificateView &certificate)
{
    return certificate.signatureGood ? ChainCard::tr("signature good")
        : certificate.issuerMissing  ? ChainCard::tr("what signed it is not here")
                                     : ChainCard::tr("signature not good");
}

QString inWords(const std::vector<CertificateView> &chain)
{
    QStringList words;
    for (const CertificateView &certificate : chain)
        words += u"%1: %2, %3"_s.arg(shownLine(certificate.role).toUpper(), shownLine(certificate.subject), stateOf(certificate));
    return words.join(u"; "_s);
}

} // namespace

ChainCard::ChainCard(const QString &heading, const QString &what, const QString &none, QWidget *parent)
    : Card(heading, parent)
    , m_what(new Label(what, Label::Kind::Body, Tone::Muted, this))
    , m_empty(new Label(none, Label::Kind::Body, Tone::Plain, this))
    , m_drawing(new SvgView(this))
    , m_facts(new FactList(this))
{
    body()->addWidget(m_what);
    body()->addWidget(m_empty);
    m_drawing->setAccessibleName(tr("Drawing: %1").arg(heading));
    body()->addWidget(m_drawing);
    body()->addWidget(m_facts);
    setChain({});
}

void ChainCard::setChain(const std::vector<CertificateView> &chain)
{
    m_chain = chain;
    m_empty->setVisible(chain.empty());
    m_drawing->setVisible(!chain.empty());
    m_facts->setVisible(!chain.empty());
    if (m_which) {
        m_which->hide();
        m_which->deleteLater();
        m_which = nullptr;
    }
    m_facts->clear();
    if (chain.empty())
        return;
    m_drawing->setSource([chain](Palette palette, unsigned width) { return certificatesSvg(chain, palette, width); }, inWords(chain));
    m_which = new Segments(tr("Which certificate is shown in full"), this);
    for (const CertificateView &certificate : chain)
        m_which->add(shownLine(certificate.role).toUpper());
    body()->insertWidget(body()->indexOf(m_facts), m_which);
    connect(m_which, &Segments::chosen, this, &ChainCard::showDetails);
    showDetails(0);
}

void ChainCard::showDetails(int index)
{
    m_facts->clear();
    if (index < 0 || static_cast<std::size_t>(index) >= m_chain.size())
        return;
    const CertificateView &certificate = m_chain[static_cast<std::size_t>(index)];
    const auto fact = [this](const QString &name, const std::string &value, bool code = false) {
        if (!value.empty())
            m_facts->add(name, shown(value), code);
    };
    m_facts->add(tr("State"), capital(stateOf(certificate)));
    fact(tr("Subject"), certificate.subject);
    fact(tr("Issuer"), certificate.issuer);
    fact(tr("Serial"), certificate.serial, true);
    fact(tr("Key"), certificate.key);
    if (!certificate.notAfter.empty())
        m_facts->add(tr("Valid"), tr("%1 to %2").arg(shown(certificate.notBefore), shown(certificate.notAfter)));
    fact(tr("SHA-256"), certificate.sha256, true);
    for (const auto &[name, value] : certificate.extensions)
        m_facts->add(capital(shownLine(name)), shown(value), value.size() > 24 && value.find(' ') == std::string::npos);
}

} // namespace kastellan::ui
