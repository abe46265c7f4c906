// SPDX-License-Identifier: Apache-2.0
#include "core/keys/keys.h"

#include "core/keys/key_files.h"
#include "core/keys/pem.h"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

namespace kastellan::keys {
namespace fs = std::filesystem;

namespace {

constexpr std::string_view recordName = "record";
constexpr std::size_t ed25519Size = 64;

fs::path fileOf(const fs::path &folder, std::string_view name)
{
    return folder / (std::string(name) + ".pem");
}

Result<Key> load(const fs::path &file, std::int64_t *modified = nullptr)
{
    KASTELLAN_ASSIGN(std::string pem, readPrivateFile(file, modified));
    auto key = parsePem(pem, file.string());
    wipe(pem);
    return key;
}

Result<KeyInfo> describe(const fs::path &file)
{
    KeyInfo info;
    KASTELLAN_ASSIGN(const Key key, load(file, &info.created));
    info.name = file.stem().string();
    info.use = useOf(key);
    if (info.use.empty())
        return badInput("use a key", file.string(), "it is neither an Ed25519 nor a P-384 key", "Move it away.");
    info.file = file;
    KASTELLAN_ASSIGN(info.publicPem, toPublicPem(key));
    KASTELLAN_ASSIGN(const Sha256 digest, fingerprint(key));
    info.fingerprint = toHex(digest.view());
    return info;
}

/// The caller holds the lock.
Status makeKey(const fs::path &file, std::string_view use)
{
    KASTELLAN_ASSIGN(const Key key, generate(use));
    KASTELLAN_ASSIGN(std::string pem, toPrivatePem(key));
    const auto written = writeFileAtomically(file, asBytes(pem), 0600);
    wipe(pem);
    return written;
}

bool isThere(const fs::path &file)
{
    std::error_code code;
    return fs::symlink_status(file, code).type() != fs::file_type::not_found;
}

/// The record key; made when it is needed for the first time.
Result<Key> recordKey()
{
    KASTELLAN_ASSIGN(const fs::path folder, keysFolder());
    const fs::path file = fileOf(folder, recordName);
    if (!isThere(file)) {
        KASTELLAN_ASSIGN(const Fd lock, lockKeys(folder));
        if (!isThere(file)) // another program may have made it while we waited
            KASTELLAN_TRY(makeKey(file, "record"));
    }
    KASTELLAN_ASSIGN(Key key, load(file));
    if (useOf(key) != "record")
        return badInput("use the record key", file.string(), "it is not an Ed25519 key", "Move it away; a new one will be made.");
    return key;
}

struct FreeContext {
    void operator()(EVP_MD_CTX *context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

} // namespace

Result<std::vector<KeyInfo>> list()
{
    KASTELLAN_ASSIGN(const fs::path folder, keysFolder());
    std::vector<KeyInfo> all;
    std::error_code code;
    for (const auto &entry : fs::directory_iterator(folder, code)) {
        const fs::path &file = entry.path();
        if (file.extension() != ".pem" || file.filename().string().starts_with('.'))
            continue;
        KASTELLAN_ASSIGN(KeyInfo info, describe(file));
        all.push_back(std::move(info));
    }
    if (code)
        return systemError("list the keys", folder.string(), code.value());
    std::ranges::sort(all, {}, &KeyInfo::name);
    return all;
}

Result<KeyInfo> create(std::string_view name, std::string_view use)
{
    KASTELLAN_TRY(checkName(name));
    if ((name == recordName) != (use == "record"))
        return badInput("make a key", "name '" + std::string(name) + "'", "the name 'record' is for the record key, and for it alone",
            "Choose another name.");
    KASTELLAN_ASSIGN(const fs::path folder, keysFolder());
    KASTELLAN_ASSIGN(const Fd lock, lockKeys(folder));
    const fs::path file = fileOf(folder, name);
    if (isThere(file))
        return badInput("make a key", file.string(), "there is a key with this name", "Choose another name, or remove that key first.");
    KASTELLAN_TRY(makeKey(file, use));
    return describe(file);
}

Result<KeyInfo> show(std::string_view name)
{
    KASTELLAN_TRY(checkName(name));
    KASTELLAN_ASSIGN(const fs::path folder, keysFolder());
    return describe(fileOf(folder, name));
}

Status remove(std::string_view name)
{
    KASTELLAN_TRY(checkName(name));
    if (name == recordName)
        return badInput(
            "remove a key", "name 'record'", "the evidence store is signed with it and could not be checked without it", "Keep it.");
    KASTELLAN_ASSIGN(const fs::path folder, keysFolder());
    KASTELLAN_ASSIGN(const Fd lock, lockKeys(folder));
    const fs::path file = fileOf(folder, name);
    if (::unlink(file.c_str()) == 0)
        return {};
    if (errno == ENOENT)
        return badInput("remove a key", file.string(), "there is no such key", "keepctl keys list shows those that are there.");
    return systemError("remove a key", file.string(), errno);
}

Result<std::string> privatePem(std::string_view name)
{
    KASTELLAN_TRY(checkName(name));
    KASTELLAN_ASSIGN(const fs::path folder, keysFolder());
    const fs::path file = fileOf(folder, name);
    KASTELLAN_ASSIGN(const Key key, load(file));
    if (useOf(key) != "owner")
        return badInput(
            "use an owner key", file.string(), "it is not an owner key (P-384)", "keepctl keys list shows what each key is for.");
    return toPrivatePem(key);
}

Result<std::pair<std::string, Sha256>> freshOwnerKey()
{
    KASTELLAN_ASSIGN(const Key key, generate("owner"));
    KASTELLAN_ASSIGN(const Sha256 digest, fingerprint(key));
    KASTELLAN_ASSIGN(std::string pem, toPrivatePem(key));
    return std::pair(std::move(pem), digest);
}

Result<Sha256> spkiDigest(std::string_view pem)
{
    KASTELLAN_ASSIGN(const Key key, parsePem(pem, {}));
    return fingerprint(key);
}

Result<Bytes> signRecord(ByteView message)
{
    KASTELLAN_ASSIGN(const Key key, recordKey());
    const Context context(EVP_MD_CTX_new());
    Bytes signature(ed25519Size);
    std::size_t size = signature.size();
    if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1
        || EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1)
        return fail(ErrorKind::Internal, "sign with the record key", {}, opensslWhy());
    signature.resize(size);
    return signature;
}

Result<std::string> recordPublicPem()
{
    KASTELLAN_ASSIGN(const Key key, recordKey());
    return toPublicPem(key);
}

Result<bool> verifySignature(std::string_view publicPem, ByteView message, ByteView signature)
{
    KASTELLAN_ASSIGN(const Key key, parsePem(publicPem, {}));
    if (useOf(key) != "record")
        return badInput("check a signature", {}, "the key is not an Ed25519 key", "Give the public half of a record key.");
    const Context context(EVP_MD_CTX_new());
    if (!context || EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1)
        return fail(ErrorKind::Internal, "check a signature", {}, opensslWhy());
    const bool good = EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
    if (!good)
        (void)opensslWhy(); // a wrong signature is an answer, not an error to be found later by somebody else
    return good;
}

} // namespace kastellan::keys
