// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/commands.h"
#include "app/keepctl/export_file.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "app/keepctl/secret_file.h"
#include "app/keepctl/vm_request.h"
#include "core/base/file.h"
#include "core/evidence/json.h"
#include "sev-backend/machine/id_signing.h"
#include "sev-backend/machine/launch.h"
#include "sev-backend/machine/number.h"

#include <format>

namespace kastellan::keepctl {

namespace {

constexpr std::uint64_t keyFileLimit = 64u << 10;

Result<SecretBytes> passphraseOf(const Invocation &asked, std::string_view option)
{
    if (!asked.has(option))
        return SecretBytes();
    return readPassphrase(asked.value(option));
}

Result<sev::P384PrivateKey> signingKey(const Invocation &asked, const std::string &option)
{
    const std::string file = asked.value(option);
    KASTELLAN_ASSIGN(SecretBytes content, SecretBytes::read(file, keyFileLimit));
    KASTELLAN_ASSIGN(const SecretBytes passphrase, passphraseOf(asked, option + "-passphrase"));
    return sev::readSigningKey(content.view(), asText(passphrase.view()), file);
}

/// The launch digest that was given, or that the machine has; with the machine's policy where it says one.
Result<std::pair<LaunchDigest, std::optional<std::uint64_t>>> launchDigestOf(const Invocation &asked)
{
    if (asked.has("digest")) {
        KASTELLAN_ASSIGN(const Bytes digest, digestFrom(asked.value("digest"), LaunchDigest::size, "--digest"));
        KASTELLAN_ASSIGN(const LaunchDigest launch, LaunchDigest::from(digest, "--digest"));
        return std::pair{launch, std::optional<std::uint64_t>()};
    }
    KASTELLAN_ASSIGN(const sev::DerivedLaunch derived, launchFrom(asked, sev::GuestKind::Snp));
    tellDerived(derived, asked.has("json"));
    KASTELLAN_ASSIGN(const sev::Launch launch, sev::Launch::open(derived.parameters));
    KASTELLAN_ASSIGN(const Bytes digest, launch.measure());
    KASTELLAN_ASSIGN(const LaunchDigest measured, LaunchDigest::from(digest, "the launch digest"));
    return std::pair{measured, derived.parameters.policy};
}

Result<sev::BlockId> idOf(const Invocation &asked, const std::string &option)
{
    if (!asked.has(option))
        return sev::BlockId{};
    KASTELLAN_ASSIGN(const Bytes bytes, sev::parseBytes(asked.value(option), sev::BlockId::size, "--" + option));
    return sev::BlockId::from(bytes, "--" + option);
}

Result<sev::IdBlock> blockOf(const Invocation &asked)
{
    sev::IdBlock block;
    KASTELLAN_ASSIGN(const auto launch, launchDigestOf(asked));
    block.launchDigest = launch.first;
    KASTELLAN_ASSIGN(block.familyId, idOf(asked, "family-id"));
    KASTELLAN_ASSIGN(block.imageId, idOf(asked, "image-id"));
    KASTELLAN_ASSIGN(const std::uint64_t svn, wordNumber(asked, "svn", 0, 0xffffffff));
    block.guestSvn = static_cast<std::uint32_t>(svn);
    KASTELLAN_ASSIGN(
        const std::uint64_t policy, wordNumber(asked, "policy", launch.second.value_or(sev::GuestPolicy::standard), ~std::uint64_t{0}));
    block.policy = sev::GuestPolicy(policy);
    if (const auto why = block.policy.invalid())
        return badInput(
            "make an ID block", std::format("--policy {:#x}", policy), "it is no guest policy: " + *why, "The usual one is 0x30000.");
    return block;
}

} // namespace

Result<int> measureIdBlock(const Invocation &asked)
{
    if (!asked.has("id-key"))
        return badInput("make an ID block", {}, "no key is given that signs it",
            "Give --id-key FILE: openssl ecparam -name secp384r1 -genkey -noout -out id.pem");
    KASTELLAN_ASSIGN(const sev::P384PrivateKey idKey, signingKey(asked, "id-key"));
    std::optional<sev::P384PrivateKey> authorKey;
    if (asked.has("author-key")) {
        KASTELLAN_ASSIGN(authorKey, signingKey(asked, "author-key"));
    }
    KASTELLAN_ASSIGN(const sev::IdBlock block, blockOf(asked));
    const auto encoded = block.encode();
    const Bytes auth = sev::authenticate(block, idKey, authorKey ? &*authorKey : nullptr);
    KASTELLAN_TRY(sev::verifyIdAuth(encoded, auth, authorKey.has_value()));
    std::vector<ExportFile> files;
    if (asked.has("id-block-file"))
        files.push_back({asked.value("id-block-file"), Bytes(encoded.begin(), encoded.end()), 0644});
    if (asked.has("id-auth-file"))
        files.push_back({asked.value("id-auth-file"), auth, 0644});
    KASTELLAN_TRY(writeExports(files, asked.has("force")));

    const std::string blockText = toBase64(encoded), authText = toBase64(auth),
                      idDigest = toHex(sev::keyDigest(idKey.publicFirmwareKey()).view());
    const std::string authorDigest = authorKey ? toHex(sev::keyDigest(authorKey->publicFirmwareKey()).view()) : std::string();
    const std::string format = asked.value("format", "text");
    if (asked.has("json"))
        printJson({{"digest", toHex(block.launchDigest.view())}, {"policy", std::format("{:#x}", block.policy.raw())},
            {"svn", block.guestSvn}, {"id_block", blockText}, {"id_auth", authText}, {"id_key_digest", idDigest},
            {"author_key_digest", authorDigest}, {"author_key_enabled", authorKey.has_value()}});
    else if (format == "qemu")
        print("id-block=" + blockText + ",id-auth=" + authText + (authorKey ? ",author-key-enabled=on" : "")
            + std::format(",policy={:#x}\n", block.policy.raw()));
    else if (format == "libvirt")
        print(std::string("<launchSecurity type='sev-snp'") + (authorKey ? " authorKey='yes'" : "")
            + std::format(">\n  <policy>{:#x}</policy>\n", block.policy.raw()) + "  <idBlock>" + blockText + "</idBlock>\n  <idAuth>"
            + authText + "</idAuth>\n</launchSecurity>\n");
    else
        print(facts({{"launch digest", toHex(block.launchDigest.view())}, {"policy", block.policy.text()}, {"ID key digest", idDigest},
            {"author key digest", authorDigest}, {"id-block", blockText}, {"id-auth", authText}}));
    return exit_code::done;
}

Result<int> measureKeyDigest(const Invocation &asked)
{
    const std::string file = asked.operands.front();
    KASTELLAN_ASSIGN(SecretBytes content, SecretBytes::read(file, keyFileLimit));
    KASTELLAN_ASSIGN(const SecretBytes passphrase, passphraseOf(asked, "passphrase"));
    KASTELLAN_ASSIGN(const sev::FirmwareKey key, sev::readFirmwareKey(content.view(), asText(passphrase.view()), file));
    const Sha384 digest = sev::keyDigest(key);
    if (asked.has("json"))
        printJson({{"key", file}, {"digest", toHex(digest.view())}, {"base64", toBase64(digest.view())}});
    else
        print((asked.value("output-format", "hex") == "base64" ? toBase64(digest.view()) : toHex(digest.view())) + "\n");
    return exit_code::done;
}

} // namespace kastellan::keepctl
