// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/appraisal/descriptions.h"

namespace kastellan::sev {
namespace {

CertificateView viewOf(const Certificate &certificate, std::string role, bool signatureGood)
{
    CertificateView view;
    view.role = std::move(role);
    view.subject = certificate.subject();
    view.issuer = certificate.issuer();
    view.serial = "0x" + certificate.serial();
    view.key = certificate.keyText();
    view.notBefore = timeText(certificate.notBefore());
    view.notAfter = timeText(certificate.notAfter());
    view.sha256 = toHex(certificate.fingerprint().bytes);
    view.emulated = certificate.organization() == emulatedOrganization;
    view.signatureGood = signatureGood;
    if (certificate.isBuiltIn())
        view.extensions.emplace_back("source", "built into this program: AMD's key, pinned");
    return view;
}

void addExtensions(CertificateView &view, const VekExtensions &extensions)
{
    const auto add = [&view](std::string name, std::string value) { view.extensions.emplace_back(std::move(name), std::move(value)); };
    if (!extensions.productName.empty())
        add("product", extensions.productName);
    if (extensions.structVersion)
        add("structure version", std::to_string(*extensions.structVersion));
    for (const auto part : TcbVersion::parts(extensions.tcb.layout()))
        add("TCB: " + std::string(title(part)), std::to_string(extensions.tcb.part(part).value_or(0)));
    if (extensions.hardwareId)
        add("chip id", toHex(*extensions.hardwareId));
    if (!extensions.cspId.empty())
        add("cloud provider", extensions.cspId);
}

TcbColumn columnOf(std::string name, const TcbVersion &tcb)
{
    TcbColumn column{std::move(name), {}};
    for (const auto part : TcbVersion::parts(tcb.layout()))
        column.levels.push_back({std::string(sev::name(part)), tcb.part(part).value_or(0)});
    return column;
}

} // namespace

std::vector<TcbColumn> tcbColumns(const ReportView &report, const ChainState &chain, TcbLayout layout)
{
    std::vector<TcbColumn> columns;
    if (chain.extensions)
        columns.push_back(columnOf("certificate", chain.extensions->tcb));
    columns.push_back(columnOf("reported", TcbVersion(report.reportedTcb(), layout)));
    columns.push_back(columnOf("committed", TcbVersion(report.committedTcb(), layout)));
    columns.push_back(columnOf("current", TcbVersion(report.currentTcb(), layout)));
    columns.push_back(columnOf("launch", TcbVersion(report.launchTcb(), layout)));
    return columns;
}

std::vector<CertificateView> certificateViews(const ChainState &chain)
{
    std::vector<CertificateView> views;
    if (chain.leaf) {
        views.push_back(viewOf(*chain.leaf, chain.vlek ? "vlek" : "vcek", chain.leafSigned));
        views.back().issuerMissing = !chain.ask;
        if (chain.extensions)
            addExtensions(views.back(), *chain.extensions);
        else
            views.back().extensions.emplace_back("unreadable", chain.extensionsProblem);
    }
    if (chain.ask) {
        views.push_back(viewOf(*chain.ask, "ask", chain.askSigned));
        views.back().issuerMissing = !chain.ark;
    }
    if (chain.ark)
        views.push_back(viewOf(*chain.ark, "ark", chain.arkSigned && chain.root.kind != RootIdentity::Kind::Unknown));
    return views;
}

} // namespace kastellan::sev
