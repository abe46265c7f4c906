// SPDX-License-Identifier: Apache-2.0
#include "core/reports/bundle_files.h"

#include "core/logs/keep_log.h"

#include <algorithm>

namespace kastellan::reports {
namespace {

// ATTESTATION_REPORT (AMD 56860): where the parts lie that the commands cut out.
constexpr std::size_t signedSize = 0x2a0;
constexpr std::size_t numberSize = 72;
constexpr std::size_t reportDataOffset = 0x50;
constexpr std::size_t measurementOffset = 0x90;
constexpr std::size_t hostDataOffset = 0xc0;

std::string block(std::string_view commands)
{
    return "```sh\n" + std::string(commands) + "```\n\n";
}

/// `size` bytes of the report from `offset`, on standard output.
std::string cut(std::size_t offset, std::size_t size)
{
    return "tail -c +" + std::to_string(offset + 1) + " report.bin | head -c " + std::to_string(size);
}

std::string hexOf(std::size_t offset, std::size_t size)
{
    return "\"$(" + cut(offset, size) + " | od -An -v -tx1 | tr -d ' \\n')\"";
}

/// Text for a line of Markdown: of one line, and nothing in it is markup.
std::string plain(std::string_view text)
{
    std::string safe;
    for (const char c : makeVisible(text)) {
        if (c == '\n' || c == '\t')
            safe += ' ';
        else if (std::string_view("\\`*_[]<>#|&").find(c) != std::string_view::npos)
            safe += std::string("\\") + c;
        else
            safe += c;
    }
    return safe;
}

/// It becomes part of a command: a SHA-256 in hex, and nothing else.
bool isDigest(std::string_view text)
{
    return text.size() == 2 * Sha256::size && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string head(const Page &page)
{
    const Record &record = page.record;
    std::string text = "# Evidence of the keep " + plain(record.keepName) + "\n\n";
    if (record.appraisal.emulated)
        text += "**EMULATED.** " + std::string(emulatedSentence) + "\n\n";
    text += "Verdict as recorded on " + utcText(record.created) + ": **" + std::string(name(record.appraisal.verdict)) + "**. "
        + plain(record.appraisal.sentence) + "\n\n";
    if (page.recomputed)
        text += "Appraised again for " + utcText(page.recomputed->at) + ": **" + std::string(name(page.recomputed->verdict)) + "**.\n\n";
    text += "`report.html` is for reading, `record.json` for programs (docs/json.md of Kastellan describes it). Below is how to check the "
            "evidence without Kastellan: with\n"
            "openssl (3.0 or newer) and the usual tools of a Unix system. Run the commands in this folder, one block after the other. Each "
            "block ends with an\n"
            "error if its check fails; where the recorded appraisal has failed checks, so will these.\n\n";
    return text;
}

std::string manifestPart()
{
    return "## 1. Nothing in this folder was changed\n\n" + block("sha256sum --check --quiet MANIFEST.sha256\n")
        + "The list of digests is signed with the record key of whoever exported it:\n\n"
        + block("openssl pkeyutl -verify -pubin -inkey record-key.pem -rawin -in MANIFEST.sha256 -sigfile MANIFEST.sha256.sig\n")
        + "This proves that the folder is whole; it proves who exported it only if you have the fingerprint of that key from its owner. It "
          "is:\n\n"
        + block("openssl pkey -pubin -in record-key.pem -outform DER | openssl dgst -sha256\n");
}

std::string chainPart(const Page &page, const std::string &leaf, const std::string &issuer)
{
    const Record &record = page.record;
    std::string text = "## 2. The certificates lead to the accepted root\n\n"
                       "At the time of the appraisal the certificate of the report's key is signed by the intermediate one, and that\n"
                       "by the root (RSA-PSS with SHA-384):\n\n";
    text += block("openssl verify -attime " + std::to_string(record.appraisal.at)
        + " -trusted certificates/ark.pem -untrusted certificates/" + issuer + ".pem certificates/" + leaf + ".pem\n");
    constexpr std::string_view emulated = "emulated:";
    if (record.expected.root.starts_with(emulated) && isDigest(record.expected.root.substr(emulated.size()))) {
        text += "The root is the one that was accepted in the plan, an emulated one:\n\n"
            + block("test \"$(openssl x509 -in certificates/ark.pem -outform DER | openssl dgst -sha256 -r | cut -c 1-64)\" = "
                + record.expected.root.substr(emulated.size()) + "\n");
    } else {
        text += "The root has to be AMD's. Compare its fingerprint with that of the certificate at "
                "`https://kdsintf.amd.com/vcek/v1/PRODUCT/cert_chain` "
                "(PRODUCT: Milan, Genoa or Turin), which you fetch yourself:\n\n"
            + block("openssl x509 -in certificates/ark.pem -noout -fingerprint -sha256 -subject\n");
    }
    return text;
}

/// AMD's authorities that stood in for certificates which nobody gave: shown in the chain, and not among the endorsements.
const CertificateView *builtInRoot(const Page &page)
{
    const auto &chain = page.view.chain;
    const auto root = std::ranges::find(chain, "ark", &CertificateView::role);
    const bool whole = root != chain.end() && chain.size() >= 3;
    return whole && page.record.expected.root == "amd" && !root->emulated && isDigest(root->sha256) ? &*root : nullptr;
}

std::string fetchedChainPart(const Page &page, const Endorsement &leaf, const CertificateView &root)
{
    const bool known = !page.view.product.empty()
        && std::ranges::all_of(page.view.product, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
    return "## 2. The certificates lead to the accepted root\n\n"
           "Certificates of AMD's authorities were not given with the report: the keys that are built into Kastellan stood in for them. "
           "Fetch "
           "both from\n`https://kdsintf.amd.com/"
        + leaf.role + "/v1/" + (known ? page.view.product : "PRODUCT")
        + "/cert_chain` yourself, into the file chain.pem. The second one there, the root, had the\nSHA-256 fingerprint " + root.sha256
        + " when Kastellan was built. At the time of the appraisal it leads to the report's key:\n\n"
        + block("openssl verify -attime " + std::to_string(page.record.appraisal.at) + " -trusted chain.pem certificates/" + leaf.role
            + ".pem\n");
}

std::string signaturePart(const std::string &leaf)
{
    const auto numberAt = [](std::size_t offset) {
        return "$(" + cut(offset, numberSize) + " | od -An -v -tx1 | tr -d ' \\n' | fold -w 2 | tac | tr -d '\\n')";
    };
    return "## 3. The report is signed by that key, and unchanged\n\n"
           "The signature is ECDSA on P-384 with SHA-384 over the first "
        + std::to_string(signedSize)
        + " bytes. Its two numbers are in the report with their lowest byte first;\nopenssl wants them with the highest byte first, in "
          "DER:\n\n"
        + block("head -c " + std::to_string(signedSize)
            + " report.bin > signed-part.bin\n"
              "r="
            + numberAt(signedSize)
            + "\n"
              "s="
            + numberAt(signedSize + numberSize)
            + "\n"
              "printf 'asn1=SEQUENCE:signature\\n[signature]\\nr=INTEGER:0x%s\\ns=INTEGER:0x%s\\n' \"$r\" \"$s\" > signature.cnf\n"
              "openssl asn1parse -genconf signature.cnf -noout -out signature.der\n"
              "openssl x509 -in certificates/"
            + leaf
            + ".pem -noout -pubkey > report-key.pem\n"
              "openssl dgst -sha384 -verify report-key.pem -signature signature.der signed-part.bin\n");
}

std::string referencePart(const ReferenceValues &expected)
{
    std::string text;
    if (expected.launchDigest)
        text += "The launch digest, over all that was loaded before the keep began:\n\n"
            + block("test " + hexOf(measurementOffset, LaunchDigest::size) + " = " + toHex(expected.launchDigest->view()) + "\n");
    if (expected.hostData)
        text += "The owner key's SHA-256, fixed at the launch:\n\n"
            + block("test " + hexOf(hostDataOffset, HostData::size) + " = " + toHex(expected.hostData->view()) + "\n");
    return text.empty() ? text : "## 4. It says what was expected\n\n" + text;
}

std::string bindingPart(const Record &record)
{
    if (!record.binding)
        return {};
    const Binding &binding = *record.binding;
    const std::string attest = "{ printf 'kastellan-attest-1'; cat bindings/nonce.bin bindings/exporter.bin bindings/warden-key-sha256.bin "
                               "bindings/keep-id.bin; } |\n"
                               "  openssl dgst -sha512 -binary > attest-data.bin\n";
    const std::string compare = cut(reportDataOffset, ReportData::size) + " | cmp - ";
    std::string text = "## 5. It was made for this session\n\n"
                       "The report carries the SHA-512 of a text and of the values that the two ends of the session had in common:\n\n";
    if (!binding.first || !binding.manifest)
        return text + block(attest + compare + "attest-data.bin\n");
    text += block(attest + (*binding.first == binding.attestData() ? "cmp attest-data.bin bindings/first-report-data.bin\n" : ""));
    text += "That was bound before the delivery. After it, the report carries in addition the SHA-256 of the delivery manifest, which "
            "lists all that the keep received:\n\n"
        + block("{ printf 'kastellan-deliver-1'; cat bindings/first-report-data.bin bindings/manifest-sha256.bin; } |\n"
                "  openssl dgst -sha512 -binary > deliver-data.bin\n"
            + compare + "deliver-data.bin\n");
    if (!canonicalManifestOf(record).empty())
        text += "The manifest itself; the digest of your module has to stand in it:\n\n"
            + block("openssl dgst -sha256 -binary delivery-manifest.txt | cmp - bindings/manifest-sha256.bin\ncat delivery-manifest.txt\n");
    return text;
}

} // namespace

std::string bundleReadme(const Page &page)
{
    const Record &record = page.record;
    const Endorsement *leaf = leafOf(record.evidence);
    const Endorsement *issuer = issuerOf(record.evidence);
    const bool chain = leaf && issuer && endorsementOf(record.evidence, "ark");
    std::string text = head(page) + manifestPart();
    if (record.evidence.kind != "snp-report") {
        text += "The evidence is of the kind '" + plain(record.evidence.kind) + "', which openssl alone cannot check.\n";
        if (!record.notes.empty())
            text += "\n" + plain(record.notes) + "\n";
        return text;
    }
    const CertificateView *builtIn = leaf && !chain ? builtInRoot(page) : nullptr;
    text += chain ? chainPart(page, leaf->role, issuer->role)
        : builtIn ? fetchedChainPart(page, *leaf, *builtIn)
                  : "## 2. The certificates\n\nThe chain is not complete, so nothing leads from the report to a root.\n\n";
    if (leaf)
        text += signaturePart(leaf->role);
    text += referencePart(record.expected) + bindingPart(record);
    return text;
}

} // namespace kastellan::reports
