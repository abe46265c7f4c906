// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/store/tree.h"

#include "sev-backend/certificates/built_in_authorities.h"
#include "sev-backend/certificates/chain.h"
#include "sev-backend/certificates/crl.h"
#include "sev-backend/certificates/vek_extensions.h"

#include <algorithm>
#include <deque>
#include <set>

namespace kastellan::sev {
namespace {

struct Read {
    const StoredCertificate *stored;
    Certificate certificate;
};
struct ReadList {
    const StoredCertificate *stored;
    RevocationList list;
};

TreeNode nodeOf(const StoredCertificate &stored, const std::string &title)
{
    TreeNode node;
    node.role = stored.role;
    node.title = title;
    if (!stored.bytes.empty())
        node.digest = toHex(stored.digest.view());
    return node;
}

void checkDates(TreeNode &node, const Certificate &certificate, std::int64_t at)
{
    if (at < certificate.notBefore())
        node.problems.push_back("it is valid only from " + timeText(certificate.notBefore()));
    if (at > certificate.notAfter())
        node.problems.push_back("it was valid until " + timeText(certificate.notAfter()));
}

void checkSignature(TreeNode &node, const Certificate &certificate, const Certificate &issuer)
{
    if (const auto status = certificate.signatureBy(issuer); !status)
        node.problems.push_back("its signature: " + status.error().why);
}

class X509Trees {
public:
    X509Trees(std::span<const StoredCertificate> all, const TreeOptions &options)
        : m_options(options)
    {
        for (const auto &stored : all) {
            if (stored.format == "crl") {
                if (auto list = RevocationList::fromDer(stored.bytes))
                    m_lists.push_back({&stored, std::move(*list)});
                continue;
            }
            auto certificate = stored.format == "x509" ? Certificate::fromDer(stored.bytes) : badInput("read", {}, "not X.509");
            if (!certificate)
                continue;
            const bool leaf = stored.role == "vcek" || stored.role == "vlek";
            (stored.role == "ark" ? m_roots : leaf ? m_leaves : m_authorities).push_back({&stored, std::move(*certificate)});
        }
        addBuiltIn();
    }

    void addTo(CertificateTree &tree)
    {
        for (const auto &root : m_roots)
            tree.roots.push_back(rootNode(root));
        for (const auto &list : m_lists)
            if (!m_placed.contains(list.stored))
                tree.roots.push_back(orphan(*list.stored, list.stored->subject, list.stored->issuer));
        for (const auto &authority : m_authorities)
            if (!m_placed.contains(authority.stored)) {
                TreeNode node = orphan(*authority.stored, authority.certificate.commonName(), authority.certificate.issuer());
                addLeaves(node, authority, nullptr, {});
                tree.roots.push_back(std::move(node));
            }
        for (const auto &leaf : m_leaves)
            if (!m_placed.contains(leaf.stored))
                tree.roots.push_back(orphan(*leaf.stored, leaf.certificate.commonName(), leaf.certificate.issuer()));
    }

private:
    /// AMD's own authorities stand in where what they signed is there and they are not.
    void addBuiltIn()
    {
        const auto add = [this](std::vector<Read> &place, const Certificate *authority, const char *role) {
            if (!authority
                || std::ranges::any_of(place, [&](const Read &read) { return read.certificate.fingerprint() == authority->fingerprint(); }))
                return;
            StoredCertificate &stored = m_builtIn.emplace_back();
            stored.role = role;
            place.push_back({&stored, *authority});
        };
        const auto isThere = [](const std::vector<Read> &issuers, const auto &names) {
            return std::ranges::any_of(issuers, [&](const Read &issuer) { return names(issuer.certificate); });
        };
        for (const auto &leaf : m_leaves)
            if (!isThere(m_authorities, [&](const Certificate &issuer) { return leaf.certificate.namesIssuer(issuer); }))
                add(m_authorities, builtInIssuer(leaf.certificate), leaf.stored->role == "vlek" ? "asvk" : "ask");
        for (const auto &authority : m_authorities)
            if (!isThere(m_roots, [&](const Certificate &issuer) { return authority.certificate.namesIssuer(issuer); }))
                add(m_roots, builtInIssuer(authority.certificate), "ark");
        for (const auto &[stored, list] : m_lists)
            if (!isThere(m_roots, [&](const Certificate &issuer) { return list.isBy(issuer); }))
                for (const Certificate &authority : builtInAuthorities())
                    if (authority.namesIssuer(authority) && list.isBy(authority))
                        add(m_roots, &authority, "ark");
    }

    static TreeNode orphan(const StoredCertificate &stored, const std::string &title, const std::string &issuer)
    {
        TreeNode node = nodeOf(stored, title);
        node.problems.push_back("what signed it is not there: '" + issuer + "'");
        return node;
    }

    TreeNode rootNode(const Read &root)
    {
        TreeNode node = nodeOf(*root.stored, root.certificate.commonName());
        const RootIdentity identity = identifyRoot(root.certificate);
        if (identity.kind == RootIdentity::Kind::Amd)
            node.note = "AMD's root, its key is built in";
        else if (identity.kind == RootIdentity::Kind::Emulated) {
            node.note = "EMULATED: proves the procedure, nothing about hardware";
            if (!m_options.acceptEmulated)
                node.problems.emplace_back("its root is an emulated one (--accept-emulated accepts that)");
        } else {
            node.problems.emplace_back("its key is not one of AMD's roots, whatever it calls itself");
        }
        checkSignature(node, root.certificate, root.certificate);
        checkDates(node, root.certificate, m_options.at);
        const auto lists = addLists(node, root);
        checkRevoked(node, root.certificate, lists);
        for (const auto &authority : m_authorities) {
            if (m_placed.contains(authority.stored) || !belongs(authority.certificate, root.certificate))
                continue;
            m_placed.insert(authority.stored);
            TreeNode child = nodeOf(*authority.stored, authority.certificate.commonName());
            if (authority.certificate.isBuiltIn())
                child.note = "AMD's, its key is built in";
            checkSignature(child, authority.certificate, root.certificate);
            checkDates(child, authority.certificate, m_options.at);
            checkRevoked(child, authority.certificate, lists);
            addLeaves(child, authority, &root, lists);
            node.children.push_back(std::move(child));
        }
        return node;
    }

    /// Of several roots with one name, the one that signed; with none that did, the first, where the bad signature shows.
    [[nodiscard]] bool belongs(const Certificate &certificate, const Certificate &root) const
    {
        if (!certificate.namesIssuer(root))
            return false;
        const bool another =
            std::ranges::any_of(m_roots, [&](const Read &other) { return certificate.signatureBy(other.certificate).has_value(); });
        return !another || certificate.signatureBy(root).has_value();
    }

    std::vector<const RevocationList *> addLists(TreeNode &node, const Read &root)
    {
        std::vector<const RevocationList *> good;
        for (const auto &[stored, list] : m_lists) {
            if (m_placed.contains(stored) || !list.isBy(root.certificate))
                continue;
            const auto isSigned = list.signatureBy(root.certificate);
            const bool another =
                std::ranges::any_of(m_roots, [&](const Read &other) { return list.signatureBy(other.certificate).has_value(); });
            if (!isSigned && another)
                continue;
            m_placed.insert(stored);
            TreeNode child = nodeOf(*stored, "revocation list");
            child.note = std::to_string(list.count()) + " entries, of " + timeText(list.thisUpdate());
            if (!isSigned)
                child.problems.push_back("its signature: " + isSigned.error().why);
            else
                good.push_back(&list);
            if (m_options.at < list.thisUpdate())
                child.problems.push_back("it is valid only from " + timeText(list.thisUpdate()));
            if (list.nextUpdate() != 0 && m_options.at > list.nextUpdate())
                child.problems.push_back("it is out of date: the next one was due " + timeText(list.nextUpdate()));
            node.children.push_back(std::move(child));
        }
        return good;
    }

    static void checkRevoked(TreeNode &node, const Certificate &certificate, const std::vector<const RevocationList *> &lists)
    {
        const bool revoked = certificate.serial() != "0"
            && std::ranges::any_of(lists, [&](const RevocationList *list) { return list->revokes(certificate); });
        if (revoked)
            node.problems.push_back("it is revoked (serial number 0x" + certificate.serial() + ")");
    }

    void addLeaves(TreeNode &node, const Read &authority, const Read *root, const std::vector<const RevocationList *> &lists)
    {
        for (const auto &leaf : m_leaves) {
            if (m_placed.contains(leaf.stored) || !leaf.certificate.namesIssuer(authority.certificate))
                continue;
            const auto signs = [&](const Read &other) { return leaf.certificate.signatureBy(other.certificate).has_value(); };
            if (!signs(authority) && std::ranges::any_of(m_authorities, signs))
                continue;
            m_placed.insert(leaf.stored);
            TreeNode child = nodeOf(*leaf.stored, leaf.certificate.commonName());
            child.note =
                leaf.stored->chip.empty() ? leaf.stored->tcb : "chip " + leaf.stored->chip.substr(0, 16) + "…, " + leaf.stored->tcb;
            checkSignature(child, leaf.certificate, authority.certificate);
            checkDates(child, leaf.certificate, m_options.at);
            checkRevoked(child, leaf.certificate, lists);
            if (root) {
                const Chain chain{root->certificate, authority.certificate, leaf.certificate};
                for (const Faults &faults : {nameFaults(chain, identifyRoot(root->certificate)), constraintFaults(chain)})
                    child.problems.insert(child.problems.end(), faults.begin(), faults.end());
            }
            node.children.push_back(std::move(child));
        }
    }

    TreeOptions m_options;
    std::vector<Read> m_roots, m_authorities, m_leaves;
    std::vector<ReadList> m_lists;
    std::set<const StoredCertificate *> m_placed;
    std::deque<StoredCertificate> m_builtIn; ///< stays where it is while it grows
};

void collectProblems(const TreeNode &node, std::vector<std::string> &problems)
{
    for (const auto &problem : node.problems)
        problems.push_back(node.title + ": " + problem);
    for (const auto &child : node.children)
        collectProblems(child, problems);
}

void draw(const TreeNode &node, const std::string &first, const std::string &rest, std::string &text)
{
    text += first + (node.problems.empty() ? "good  " : "BAD   ") + node.title + (node.note.empty() ? "" : "  (" + node.note + ")") + "\n";
    for (const auto &problem : node.problems)
        text += rest + (node.children.empty() ? "      " : "│     ") + problem + "\n";
    for (std::size_t i = 0; i < node.children.size(); ++i) {
        const bool last = i + 1 == node.children.size();
        draw(node.children[i], rest + (last ? "└─ " : "├─ "), rest + (last ? "   " : "│  "), text);
    }
}

} // namespace

void addX509(CertificateTree &tree, std::span<const StoredCertificate> certificates, const TreeOptions &options)
{
    X509Trees(certificates, options).addTo(tree);
}

CertificateTree verifyTree(std::span<const StoredCertificate> certificates, const TreeOptions &options)
{
    CertificateTree tree;
    addX509(tree, certificates, options);
    addLegacy(tree, certificates);
    for (const auto &root : tree.roots)
        collectProblems(root, tree.problems);
    return tree;
}

std::string treeText(const CertificateTree &tree)
{
    std::string text;
    for (const auto &root : tree.roots)
        draw(root, "", "", text);
    return text;
}

} // namespace kastellan::sev
