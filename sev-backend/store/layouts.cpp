// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/store/layouts.h"

#include "sev-backend/certificates/ghcb_table.h"

#include <algorithm>
#include <array>

namespace kastellan::sev {
namespace {

constexpr auto exporting = "lay out certificates";

constexpr std::array all = {
    Layout{"folder", "ark, ask or asvk, vcek or vlek, crl, each in a file: what snpguest and snphost read and write", true, false},
    Layout{"ghcb", "a GHCB certificate table: what snphost imports, QEMU hands to guests, and go-sev-guest reads", false, false},
    Layout{"pem", "one PEM file: leaf, intermediate, root", false, false},
    Layout{"der", "one certificate alone, DER", false, false},
    Layout{"go-sev-guest", "vcek.der or vlek.der, cert_chain.pem (intermediate, root) and crl.der", true, false},
    Layout{"sevctl", "PDH, PEK, OCA and CEK in one file: sevctl export", false, true},
    Layout{"sevctl-full", "the same with ASK and ARK: sevctl export --full", false, true},
    Layout{"sev-tool", "pdh.cert, cert_chain.cert, pek.cert, oca.cert, cek.cert, ask.cert, ark.cert, ask_ark.cert", true, true},
};

class Chain {
public:
    Chain(const Layout &layout, std::span<const StoredCertificate> certificates)
        : m_layout(layout)
        , m_certificates(certificates)
    {
    }
    [[nodiscard]] const StoredCertificate *find(std::string_view role) const
    {
        const auto found = std::ranges::find(m_certificates, role, &StoredCertificate::role);
        return found == m_certificates.end() ? nullptr : &*found;
    }
    [[nodiscard]] Result<const StoredCertificate *> need(std::initializer_list<std::string_view> roles) const
    {
        std::string names;
        for (const auto role : roles) {
            if (const auto *found = find(role))
                return found;
            names += (names.empty() ? "" : " or ") + std::string(role);
        }
        return badInput(exporting, std::string(m_layout.name), "it needs the " + names + ", which is not there",
            "Import it, or 'keepctl certs fetch' it, and try again.");
    }
    [[nodiscard]] Status onlyOneEach() const
    {
        for (const auto &certificate : m_certificates) {
            if ((certificate.format == "sev") != m_layout.legacy)
                return badInput(exporting, std::string(m_layout.name),
                    "'" + certificate.subject + "' is " + (m_layout.legacy ? "X.509" : "of the legacy chain") + ", which it cannot hold",
                    "Choose another layout.");
            if (std::ranges::count(m_certificates, certificate.role, &StoredCertificate::role) > 1)
                return badInput(exporting, std::string(m_layout.name), "there is more than one " + certificate.role,
                    "Name the leaf that is meant, or narrow it with --chip-id and --tcb.");
        }
        return {};
    }

private:
    const Layout &m_layout;
    std::span<const StoredCertificate> m_certificates;
};

constexpr std::array<std::string_view, 6> x509Order = {"vcek", "vlek", "ask", "asvk", "ark", "crl"};

Bytes encoded(const StoredCertificate &certificate, bool pem)
{
    return pem ? toBytes(toPem(certificate)) : certificate.bytes;
}

Result<std::vector<OutputFile>> folderFiles(const Chain &chain, bool pem)
{
    std::vector<OutputFile> files;
    for (const auto role : x509Order)
        if (const auto *certificate = chain.find(role))
            files.push_back({std::string(role) + (pem ? ".pem" : ".der"), encoded(*certificate, pem)});
    return files;
}

Result<std::vector<OutputFile>> table(const Chain &chain)
{
    std::vector<GhcbTableEntry> entries;
    for (const auto role : x509Order)
        if (const auto *certificate = chain.find(role))
            entries.push_back({*ghcbGuid(role), certificate->bytes});
    KASTELLAN_ASSIGN(Bytes bytes, writeGhcbTable(entries));
    return std::vector<OutputFile>{{{}, std::move(bytes)}};
}

Result<std::vector<OutputFile>> pemFile(const Chain &chain)
{
    std::string text;
    for (const auto role : x509Order)
        if (const auto *certificate = chain.find(role))
            text += toPem(*certificate);
    return std::vector<OutputFile>{{{}, toBytes(text)}};
}

Result<std::vector<OutputFile>> goFiles(const Chain &chain)
{
    KASTELLAN_ASSIGN(const auto *leaf, chain.need({"vcek", "vlek"}));
    KASTELLAN_ASSIGN(const auto *authority, chain.need({"ask", "asvk"}));
    KASTELLAN_ASSIGN(const auto *root, chain.need({"ark"}));
    std::vector<OutputFile> files{{leaf->role + ".der", leaf->bytes}, {"cert_chain.pem", toBytes(toPem(*authority) + toPem(*root))}};
    if (const auto *list = chain.find("crl"))
        files.push_back({"crl.der", list->bytes});
    return files;
}

Result<Bytes> joined(const Chain &chain, std::initializer_list<std::string_view> roles)
{
    Bytes bytes;
    for (const auto role : roles) {
        KASTELLAN_ASSIGN(const auto *certificate, chain.need({role}));
        bytes.insert(bytes.end(), certificate->bytes.begin(), certificate->bytes.end());
    }
    return bytes;
}

Result<std::vector<OutputFile>> sevToolFiles(const Chain &chain)
{
    std::vector<OutputFile> files;
    KASTELLAN_ASSIGN(Bytes certificates, joined(chain, {"pek", "oca", "cek"}));
    files.push_back({"cert_chain.cert", std::move(certificates)});
    for (const std::string_view role : {"pdh", "pek", "oca", "cek"}) {
        KASTELLAN_ASSIGN(const auto *certificate, chain.need({role}));
        files.push_back({std::string(role) + ".cert", certificate->bytes});
    }
    for (const std::string_view role : {"ask", "ark"})
        if (const auto *certificate = chain.find(role))
            files.push_back({std::string(role) + ".cert", certificate->bytes});
    if (chain.find("ask") && chain.find("ark")) {
        KASTELLAN_ASSIGN(Bytes both, joined(chain, {"ask", "ark"}));
        files.push_back({"ask_ark.cert", std::move(both)});
    }
    return files;
}

} // namespace

std::span<const Layout> layouts()
{
    return all;
}

Result<const Layout *> findLayout(std::string_view name)
{
    std::string names;
    for (const Layout &layout : all) {
        if (layout.name == name)
            return &layout;
        names += (names.empty() ? "" : ", ") + std::string(layout.name);
    }
    return badInput(exporting, std::string(name.substr(0, 64)), "there is no such layout", "There are: " + names + ".");
}

std::string toPem(const StoredCertificate &certificate)
{
    const std::string label = certificate.format == "crl" ? "X509 CRL" : "CERTIFICATE";
    const std::string text = toBase64(certificate.bytes);
    std::string pem = "-----BEGIN " + label + "-----\n";
    for (std::size_t at = 0; at < text.size(); at += 64)
        pem += text.substr(at, 64) + "\n";
    return pem + "-----END " + label + "-----\n";
}

Result<std::vector<OutputFile>> layOut(const Layout &layout, bool pem, std::span<const StoredCertificate> certificates)
{
    if (layout.name == "der") {
        if (certificates.size() != 1)
            return badInput(exporting, "der", "it holds one certificate, and " + std::to_string(certificates.size()) + " were chosen",
                "Name one certificate, and give --alone.");
        return std::vector<OutputFile>{{{}, certificates.front().bytes}};
    }
    const Chain chain(layout, certificates);
    KASTELLAN_TRY(chain.onlyOneEach());
    if (layout.name == "folder")
        return folderFiles(chain, pem);
    if (layout.name == "ghcb")
        return table(chain);
    if (layout.name == "pem")
        return pemFile(chain);
    if (layout.name == "go-sev-guest")
        return goFiles(chain);
    if (layout.name == "sev-tool")
        return sevToolFiles(chain);
    KASTELLAN_ASSIGN(Bytes bytes,
        layout.name == "sevctl" ? joined(chain, {"pdh", "pek", "oca", "cek"}) : joined(chain, {"pdh", "pek", "oca", "cek", "ask", "ark"}));
    return std::vector<OutputFile>{{{}, std::move(bytes)}};
}

} // namespace kastellan::sev
