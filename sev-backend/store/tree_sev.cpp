// SPDX-License-Identifier: Apache-2.0
// The legacy chain: ARK, ASK, CEK, PEK (also signed by the OCA), PDH.
#include "sev-backend/legacy/built_in.h"
#include "sev-backend/store/tree.h"

#include <algorithm>
#include <optional>

namespace kastellan::sev {

namespace {

struct Key {
    const StoredCertificate *stored;
    legacy::Certificate certificate;
    bool placed = false;
};
struct Authority {
    const StoredCertificate *stored;
    legacy::CaCertificate certificate;
    bool placed = false;
};

TreeNode nodeOf(const StoredCertificate &stored, std::string note)
{
    TreeNode node;
    node.role = stored.role;
    node.title = stored.subject;
    node.digest = toHex(stored.digest.view());
    node.note = std::move(note);
    return node;
}

class LegacyTrees {
public:
    explicit LegacyTrees(std::span<const StoredCertificate> all)
    {
        for (const auto &stored : all) {
            if (stored.format != "sev")
                continue;
            if (stored.role == "ark" || stored.role == "ask") {
                if (auto authority = legacy::CaCertificate::parse(stored.bytes, stored.source))
                    m_authorities.push_back({&stored, std::move(*authority)});
            } else if (auto key = legacy::Certificate::parse(stored.bytes, stored.source)) {
                m_keys.push_back({&stored, std::move(*key)});
            }
        }
    }

    void addTo(CertificateTree &tree)
    {
        for (auto &ark : m_authorities)
            if (ark.stored->role == "ark")
                tree.roots.push_back(rootNode(ark));
        for (auto &ask : m_authorities)
            if (ask.stored->role == "ask" && !ask.placed)
                tree.roots.push_back(looseAsk(ask));
        // A short export has no ASK and ARK; the keys of AMD's are built in.
        for (auto &cek : m_keys) {
            if (cek.stored->role != "cek" || cek.placed)
                continue;
            if (const RootKey *key = legacy::builtInAsk(cek.certificate)) {
                TreeNode node;
                node.role = "ask";
                node.title = "ASK-" + std::string(key->product);
                node.note = "AMD's key, built in";
                node.children.push_back(keyNode(cek));
                tree.roots.push_back(std::move(node));
            } else {
                tree.roots.push_back(orphan(cek, "no ASK that is given or built in signed it"));
            }
        }
        for (auto &oca : m_keys)
            if (oca.stored->role == "oca" && !oca.placed)
                tree.roots.push_back(ocaNode(oca));
        // From the top: what they signed themselves comes below them.
        for (const std::string_view role : {"pek", "pdh", ""})
            for (auto &key : m_keys)
                if (!key.placed && (role.empty() || key.stored->role == role))
                    tree.roots.push_back(orphan(key, "what signed it is not there (" + key.stored->issuer + ")"));
    }

private:
    TreeNode rootNode(Authority &ark)
    {
        ark.placed = true;
        TreeNode node = nodeOf(*ark.stored, {});
        if (legacy::pinnedKey("ARK", ark.certificate))
            node.note = "AMD's root, its key is built in";
        else
            node.problems.emplace_back("its key is not one of AMD's roots");
        if (!legacy::signedBy(ark.certificate, ark.certificate))
            node.problems.emplace_back("its signature by itself does not verify");
        for (auto &ask : m_authorities) {
            if (ask.stored->role != "ask" || ask.placed || !std::ranges::equal(ask.certificate.certifyingId(), ark.certificate.keyId()))
                continue;
            TreeNode child = askNode(ask);
            if (!legacy::signedBy(ask.certificate, ark.certificate))
                child.problems.insert(child.problems.begin(), "its signature by the ARK does not verify");
            node.children.push_back(std::move(child));
        }
        return node;
    }

    TreeNode looseAsk(Authority &ask)
    {
        TreeNode node = askNode(ask);
        if (legacy::pinnedKey("ASK", ask.certificate))
            node.note = "AMD's key, built in";
        else
            node.problems.emplace_back("its ARK is not there, and its key is not one of AMD's");
        return node;
    }

    TreeNode askNode(Authority &ask)
    {
        ask.placed = true;
        TreeNode node = nodeOf(*ask.stored, {});
        for (auto &cek : m_keys)
            if (cek.stored->role == "cek" && !cek.placed && legacy::signedBy(cek.certificate, ask.certificate))
                node.children.push_back(keyNode(cek));
        return node;
    }

    /// A key that verifies, with those that it signed.
    TreeNode keyNode(Key &key)
    {
        key.placed = true;
        TreeNode node = nodeOf(*key.stored, {});
        const std::string &role = key.stored->role;
        const std::string below = role == "cek" ? "pek" : role == "pek" ? "pdh" : "";
        for (auto &child : m_keys)
            if (!below.empty() && child.stored->role == below && !child.placed && legacy::signedBy(child.certificate, key.certificate))
                node.children.push_back(keyNode(child));
        if (role == "pek")
            checkOwner(node, key);
        return node;
    }

    void checkOwner(TreeNode &node, const Key &pek)
    {
        bool hasOwner = false;
        for (const auto &oca : m_keys)
            if (oca.stored->role == "oca") {
                hasOwner = true;
                if (legacy::signedBy(pek.certificate, oca.certificate)) {
                    node.note = "signed by its owner (OCA) too";
                    return;
                }
            }
        if (hasOwner)
            node.problems.emplace_back("none of the owner's certificates (OCA) that are given signed it");
    }

    static TreeNode ocaNode(Key &oca)
    {
        oca.placed = true;
        TreeNode node = nodeOf(*oca.stored, "the owner's; no authority stands behind it");
        if (!legacy::signedBy(oca.certificate, oca.certificate))
            node.problems.emplace_back("its signature by itself does not verify");
        return node;
    }

    TreeNode orphan(Key &key, std::string why)
    {
        TreeNode node = keyNode(key);
        node.problems.insert(node.problems.begin(), std::move(why));
        return node;
    }

    std::vector<Key> m_keys;
    std::vector<Authority> m_authorities;
};

} // namespace

void addLegacy(CertificateTree &tree, std::span<const StoredCertificate> certificates)
{
    LegacyTrees(certificates).addTo(tree);
}

} // namespace kastellan::sev
