// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/owner_input.h"

#include "app/keepctl/output.h"
#include "app/keepctl/secret_file.h"
#include "core/base/file.h"
#include "sev-backend/intake/parts.h"
#include "sev-backend/machine/number.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

namespace kastellan::keepctl {

namespace fs = std::filesystem;

namespace {
constexpr std::uint64_t smallFile = 1u << 20;
constexpr std::size_t mostFiles = 256;
} // namespace

TransportKey::~TransportKey()
{
    OPENSSL_cleanse(bytes.data(), bytes.size());
}

Result<TransportKey> transportKey(const Invocation &asked, const std::string &option)
{
    if (!asked.has(option))
        return badInput("read a transport key", {},
            "the session's " + std::string(option == "tik" ? "integrity key (TIK)" : "encryption key (TEK)") + " is not given",
            "Give --" + option + " FILE, as owner session wrote it.");
    const std::string file = asked.value(option);
    KASTELLAN_ASSIGN(const SecretBytes content, SecretBytes::read(file, 4096));
    TransportKey key;
    if (content.view().size() == key.bytes.size()) {
        std::ranges::copy(content.view(), key.bytes.begin());
        return key;
    }
    auto decoded = fromHex(asText(content.view()));
    if (!decoded || decoded->size() != key.bytes.size())
        decoded = fromBase64(asText(content.view()));
    if (!decoded || decoded->size() != key.bytes.size())
        return badInput("read a transport key", file, "it has " + std::to_string(content.view().size()) + " bytes, and a key has 16",
            "Give the file that owner session wrote.");
    const SecretBytes owner(std::move(*decoded));
    std::ranges::copy(owner.view(), key.bytes.begin());
    return key;
}

Result<Bytes> bytesOrFile(const std::string &text, std::size_t size, const std::string &option)
{
    if (!text.starts_with('@'))
        return sev::parseBytes(text, size, option);
    KASTELLAN_ASSIGN(Bytes content, readFile(text.substr(1), smallFile));
    if (content.size() == size)
        return content;
    return sev::parseBytes(asText(content), size, text.substr(1));
}

Status addCertificates(legacy::PlatformChain &chain, const std::string &fileOrFolder)
{
    std::vector<fs::path> files;
    std::error_code failed;
    if (!fs::is_directory(fileOrFolder, failed)) {
        files.emplace_back(fileOrFolder);
    } else {
        for (auto entry = fs::directory_iterator(fileOrFolder, failed);
            !failed && entry != fs::directory_iterator() && files.size() < mostFiles; entry.increment(failed))
            if (entry->is_regular_file(failed) && entry->file_size(failed) <= smallFile)
                files.push_back(entry->path());
        if (failed)
            return environment("read a platform's certificates", fileOrFolder, failed.message());
        std::ranges::sort(files);
    }
    // Whatever form they have: raw, base64, JSON, an archive.
    sev::intake::Looker looker;
    for (const fs::path &file : files) {
        KASTELLAN_ASSIGN(Bytes content, readFile(file, smallFile));
        looker.file({file.string(), std::move(content)});
    }
    const sev::intake::Parts parts = looker.take();
    bool any = false;
    for (const sev::intake::SevPart &part : parts.sev) {
        // A damaged one proves nothing; what it should have proved will be missing.
        if (!part.certificate && !part.authority) {
            note("warning: the " + part.role + " in " + inLine(fileOrFolder) + " is damaged, and not used\n");
            continue;
        }
        KASTELLAN_TRY(chain.add(part.bytes, fileOrFolder));
        any = true;
    }
    if (!any)
        return badInput("read a platform's certificates", fileOrFolder, "there is no SEV certificate in it",
            "Give pdh.cert, a sevctl export, a folder or zip of sev-tool's, or the output of query-sev-capabilities.");
    return {};
}

void tellChain(const legacy::ChainVerdict &verdict)
{
    for (const legacy::ChainLink &link : verdict.links) {
        const bool good = link.state == legacy::ChainLink::State::Good;
        note(link.subject + " by " + link.issuer + ": " + painted(2, good ? Colour::Green : Colour::Red, good ? "good" : link.why) + "\n");
    }
    if (!verdict.product.empty())
        note("platform: AMD " + verdict.product + "\n");
}

Result<LaunchInfo> launchInfo(std::string_view text, std::string_view name)
{
    LaunchInfo info;
    bool any = false;
    // Both forms are names and values with marks between them.
    std::vector<std::string> words;
    std::string word;
    for (const char c : text) {
        if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '+' || c == '/' || c == '=' || c == '.') {
            word += c;
        } else if (!word.empty()) {
            words.push_back(std::move(word));
            word.clear();
        }
        if (words.size() > 4096)
            break;
    }
    if (!word.empty())
        words.push_back(std::move(word));
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        std::string key = words[i];
        if (key.starts_with("sev-"))
            key.erase(0, 4);
        std::optional<std::uint64_t> *place = key == "api-major" ? &info.apiMajor
            : key == "api-minor"                                 ? &info.apiMinor
            : key == "build-id"                                  ? &info.build
            : key == "policy"                                    ? &info.policy
                                                                 : nullptr;
        if (place) {
            if (const auto number = sev::numberFrom(words[i + 1])) {
                *place = *number;
                any = true;
            }
        } else if (key == "measurement" || key == "data") {
            if (auto bytes = fromBase64(words[i + 1]); bytes && bytes->size() == 48) {
                info.measurement = std::move(*bytes);
                any = true;
            }
        }
    }
    if (!any)
        return badInput("read what the host says of the guest", std::string(name), "neither API version, policy nor measurement is in it",
            "Give the output of: virsh domlaunchsecinfo DOMAIN");
    return info;
}

} // namespace kastellan::keepctl
