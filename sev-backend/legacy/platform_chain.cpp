// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/legacy/platform_chain.h"

#include "sev-backend/legacy/built_in.h"
#include "sev-backend/legacy/emulated_root.h"

#include <algorithm>

namespace kastellan::sev::legacy {

namespace {

constexpr std::size_t fileLimit = 1u << 20;

bool isBase64(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=';
}

bool isText(ByteView file)
{
    return std::ranges::all_of(
        file, [](std::uint8_t byte) { return byte >= 0x20 ? byte < 0x7f : byte == '\n' || byte == '\r' || byte == '\t'; });
}

/// Runs of base64 that are long enough for a certificate; line ends may divide them.
std::vector<Bytes> base64Runs(std::string_view text)
{
    std::vector<Bytes> all;
    std::string run;
    const auto close = [&] {
        if (run.size() >= 1000)
            if (auto bytes = fromBase64(run))
                all.push_back(std::move(*bytes));
        run.clear();
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (isBase64(text[i]))
            run += text[i];
        else if (text[i] != '\n' && text[i] != '\r')
            close();
        else if (run.ends_with('='))
            close();
    }
    close();
    return all;
}

template <typename T>
Status put(std::optional<T> &place, T certificate, std::string_view name)
{
    if (place && !std::ranges::equal(place->bytes(), certificate.bytes()))
        return badInput("read a platform's certificates", std::string(name),
            "it has another " + nameOf(certificate.usage()) + " than the one that was read before",
            "Give the certificates of one platform only.");
    place = std::move(certificate);
    return {};
}

class Verifying {
public:
    explicit Verifying(const PlatformChain &chain)
        : m_chain(chain)
    {
    }

    ChainVerdict run(bool fromPdh, std::string_view emulatedRoot = {}, ByteView rootCertificate = {})
    {
        if (fromPdh)
            link(m_chain.pdh, "PDH", m_chain.pek, "PEK", Usage::Pdh);
        link(m_chain.pek, "PEK", m_chain.oca, "OCA", Usage::Pek);
        link(m_chain.oca, "OCA", m_chain.oca, "OCA", Usage::Oca);
        link(m_chain.pek, "PEK", m_chain.cek, "CEK", Usage::Pek);
        if (emulatedRoot.empty())
            amd();
        else
            emulated(emulatedRoot, rootCertificate);
        return std::move(m_verdict);
    }

private:
    using State = ChainLink::State;
    void tell(State state, std::string subject, std::string issuer, std::string why = {})
    {
        m_verdict.links.push_back({state, std::move(subject), std::move(issuer), std::move(why)});
    }

    void link(const std::optional<Certificate> &subject, const char *subjectName, const std::optional<Certificate> &issuer,
        const char *issuerName, Usage)
    {
        if (!subject || !issuer)
            tell(State::Missing, subjectName, issuerName, std::string("the ") + (subject ? issuerName : subjectName) + " is not there");
        else if (signedBy(*subject, *issuer))
            tell(State::Good, subjectName, issuerName);
        else
            tell(
                State::Bad, subjectName, issuerName, std::string("the ") + issuerName + "'s signature of the " + subjectName + " is wrong");
    }

    void amd()
    {
        if (!m_chain.cek) {
            tell(State::Missing, "CEK", "ASK", "the CEK is not there");
        } else if (const RootKey *key = builtInAsk(*m_chain.cek)) {
            m_verdict.product = key->product;
            tell(State::Good, "CEK", "ASK");
        } else {
            tell(State::Bad, "CEK", "ASK", "no ASK of AMD's signed the CEK");
        }
        if (m_chain.ask) {
            const RootKey *key = pinnedKey("ASK", *m_chain.ask);
            const bool ours = key && (m_verdict.product.empty() || key->product == m_verdict.product);
            if (!ours)
                tell(State::Bad, "ASK", "ARK", "the ASK that was given is not the one of AMD's that signed this chip's certificate");
            else if (m_chain.ark)
                tell(signedBy(*m_chain.ask, *m_chain.ark) ? State::Good : State::Bad, "ASK", "ARK",
                    signedBy(*m_chain.ask, *m_chain.ark) ? "" : "the ARK's signature of the ASK is wrong");
        }
        if (m_chain.ark) {
            const bool good = pinnedKey("ARK", *m_chain.ark) && signedBy(*m_chain.ark, *m_chain.ark);
            tell(good ? State::Good : State::Bad, "ARK", "ARK",
                good ? "" : "the ARK that was given is not AMD's, or its signature is wrong");
        }
    }

    void emulated(std::string_view root, ByteView rootCertificate)
    {
        const auto byAuthority = [this](const auto &subject, const char *name, const auto &issuer, const char *issuerName) {
            if (!subject || !issuer)
                tell(State::Missing, name, issuerName, std::string("the ") + (subject ? issuerName : name) + " is not there");
            else
                tell(signedBy(*subject, *issuer) ? State::Good : State::Bad, name, issuerName,
                    signedBy(*subject, *issuer) ? "" : std::string("the ") + issuerName + "'s signature of the " + name + " is wrong");
        };
        byAuthority(m_chain.cek, "CEK", m_chain.ask, "ASK");
        byAuthority(m_chain.ask, "ASK", m_chain.ark, "ARK");
        byAuthority(m_chain.ark, "ARK", m_chain.ark, "ARK");
        if (!m_chain.ark)
            return;
        const bool accepted = emulatedRootName(rootCertificate, *m_chain.ark) == root;
        m_verdict.product = accepted ? "emulated" : "";
        tell(accepted ? State::Good : State::Bad, "ARK", "root",
            accepted ? "" : "it is not the emulated root that is accepted, " + std::string(root));
    }

    const PlatformChain &m_chain;
    ChainVerdict m_verdict;
};

} // namespace

Result<std::size_t> PlatformChain::addBinary(ByteView bytes, std::string_view name)
{
    std::size_t found = 0;
    for (std::size_t at = 0; at < bytes.size();) {
        const ByteView rest = bytes.subspan(at);
        if (rest.size() >= Certificate::size)
            if (auto certificate = Certificate::parse(rest.first(Certificate::size), name)) {
                std::optional<Certificate> *place = nullptr;
                switch (certificate->usage()) {
                case Usage::Pdh:
                    place = &pdh;
                    break;
                case Usage::Pek:
                    place = &pek;
                    break;
                case Usage::Oca:
                    place = &oca;
                    break;
                case Usage::Cek:
                    place = &cek;
                    break;
                default:
                    break;
                }
                if (place) {
                    KASTELLAN_TRY(put(*place, std::move(*certificate), name));
                    at += Certificate::size;
                    ++found;
                    continue;
                }
            }
        auto authority = CaCertificate::parse(rest, name);
        if (!authority)
            return found > 0 ? badInput("read a platform's certificates", std::string(name) + ", offset " + std::to_string(at),
                                   "what stands here is no certificate: " + authority.error().why)
                             : Result<std::size_t>(std::size_t{0});
        at += authority->size();
        ++found;
        auto &place = authority->usage() == Usage::Ask ? ask : ark;
        KASTELLAN_TRY(put(place, std::move(*authority), name));
    }
    return found;
}

Status PlatformChain::add(ByteView file, std::string_view name)
{
    if (file.size() > fileLimit)
        return badInput("read a platform's certificates", std::string(name),
            "it has " + std::to_string(file.size()) + " bytes: too many for certificates");
    std::size_t found = 0;
    if (isText(file)) {
        for (const Bytes &run : base64Runs(asText(file))) {
            KASTELLAN_ASSIGN(const std::size_t more, addBinary(run, name));
            found += more;
        }
    } else {
        KASTELLAN_ASSIGN(found, addBinary(file, name));
    }
    if (found == 0)
        return badInput("read a platform's certificates", std::string(name), "there is no SEV certificate in it",
            "Give pdh.cert, a sevctl export, cert_chain.cert, or the output of query-sev-capabilities.");
    return {};
}

bool ChainVerdict::good() const
{
    return !links.empty() && std::ranges::all_of(links, [](const ChainLink &link) { return link.state == ChainLink::State::Good; });
}

Status ChainVerdict::status(std::string_view what) const
{
    for (const ChainLink &link : links)
        if (link.state == ChainLink::State::Bad)
            return fail(ErrorKind::Negative, std::string(what), link.subject + " by " + link.issuer, link.why,
                "Ask the host for its certificates again; do not use this platform.");
    for (const ChainLink &link : links)
        if (link.state == ChainLink::State::Missing)
            return fail(ErrorKind::Negative, std::string(what), link.subject + " by " + link.issuer, link.why,
                "Give all of the chain: a sevctl export, or pdh.cert, pek.cert, oca.cert and cek.cert; or go on without proof that it is "
                "an AMD platform with --no-verify.");
    return {};
}

ChainVerdict verify(const PlatformChain &chain)
{
    return Verifying(chain).run(true);
}

ChainVerdict verify(const PlatformChain &chain, std::string_view root, ByteView rootCertificate)
{
    if (root == "amd")
        return verify(chain);
    return Verifying(chain).run(true, root, rootCertificate);
}

ChainVerdict verifyFromPek(const PlatformChain &chain)
{
    return Verifying(chain).run(false);
}

} // namespace kastellan::sev::legacy
