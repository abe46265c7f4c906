// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/emulator/guest_context.h"

#include "core/base/codec.h"
#include "core/base/digest.h"
#include "sev-backend/certificates/openssl_handles.h"

#include <cstdio>
#include <cstdlib>
#include <iterator>

namespace kastellan::sev {
namespace {

constexpr std::string_view sealMagic = "KASTGST1";
constexpr std::size_t nonceSize = 12, tagSize = 16;
constexpr const char *reading = "read a saved guest of the emulated firmware";

using CipherContextPtr = OpensslPtr<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

[[noreturn]] void cryptoFailed(const char *what)
{
    std::fprintf(stderr, "kastellan: OpenSSL failed: %s: %s\n", what, opensslReason().c_str());
    std::abort();
}

} // namespace

bool GuestContext::claim(std::uint64_t gpa, std::uint64_t size)
{
    const std::uint64_t end = gpa + size;
    auto next = pages.lower_bound(gpa);
    if (next != pages.end() && next->first < end)
        return false;
    if (next != pages.begin()) {
        const auto before = std::prev(next);
        if (before->second > gpa)
            return false;
        if (before->second == gpa) { // grows the run before
            before->second = end;
            if (next != pages.end() && next->first == end) {
                before->second = next->second;
                pages.erase(next);
            }
            return true;
        }
    }
    if (next != pages.end() && next->first == end) {
        const std::uint64_t last = next->second;
        pages.erase(next);
        pages.emplace(gpa, last);
        return true;
    }
    pages.emplace(gpa, end);
    return true;
}

Bytes GuestContext::encode() const
{
    Writer writer;
    writer.number(static_cast<std::uint8_t>(state)).number(policy.raw()).raw(gosvw).raw(measurement.digest().bytes);
    writer.number(static_cast<std::uint32_t>(pages.size()));
    for (const auto &[first, end] : pages)
        writer.number(first).number(end);
    writer.raw(hostData.bytes).raw(familyId.bytes).raw(imageId.bytes).number(guestSvn);
    writer.number(static_cast<std::uint8_t>(idBlockUsed | authorKeyUsed << 1 | vcekDisabled << 2));
    writer.raw(idKeyDigest.bytes).raw(authorKeyDigest.bytes).raw(launchTcb.bytes).number(launchMitigations);
    writer.raw(reportId.bytes);
    return writer.take();
}

Result<GuestContext> GuestContext::decode(ByteView bytes)
{
    GuestContext guest;
    Reader reader(bytes);
    const auto state = reader.number<std::uint8_t>();
    guest.policy = GuestPolicy(reader.number<std::uint64_t>());
    const ByteView gosvw = reader.raw(guest.gosvw.size());
    std::ranges::copy(gosvw, guest.gosvw.begin());
    guest.measurement = LaunchMeasurement(reader.fixed<LaunchDigest>());
    const auto runs = reader.number<std::uint32_t>();
    for (std::uint32_t i = 0; i < runs && !reader.failed(); ++i) {
        const auto first = reader.number<std::uint64_t>();
        guest.pages[first] = reader.number<std::uint64_t>();
    }
    guest.hostData = reader.fixed<HostData>();
    guest.familyId = reader.fixed<BlockId>();
    guest.imageId = reader.fixed<BlockId>();
    guest.guestSvn = reader.number<std::uint32_t>();
    const auto flags = reader.number<std::uint8_t>();
    guest.idBlockUsed = flags & 1;
    guest.authorKeyUsed = flags & 2;
    guest.vcekDisabled = flags & 4;
    guest.idKeyDigest = reader.fixed<KeyDigest>();
    guest.authorKeyDigest = reader.fixed<KeyDigest>();
    guest.launchTcb = reader.fixed<TcbBytes>();
    guest.launchMitigations = reader.number<std::uint64_t>();
    guest.reportId = reader.fixed<ReportId>();
    KASTELLAN_TRY(reader.finish(reading));
    if ((state != 1 && state != 2) || flags > 7)
        return badInput(reading, {}, "it has a state that does not exist");
    guest.state = static_cast<State>(state);
    return guest;
}

Bytes seal(ByteView plain, const Sha256 &key)
{
    Bytes sealed = toBytes(sealMagic);
    sealed.resize(sealMagic.size() + nonceSize + plain.size() + tagSize);
    const auto nonce = std::span(sealed).subspan(sealMagic.size(), nonceSize);
    randomBytes(nonce);
    std::uint8_t *const text = nonce.data() + nonceSize;
    const CipherContextPtr context(EVP_CIPHER_CTX_new());
    int length = 0;
    if (!context || EVP_EncryptInit_ex2(context.get(), EVP_aes_256_gcm(), key.bytes.data(), nonce.data(), nullptr) != 1
        || EVP_EncryptUpdate(context.get(), nullptr, &length, sealed.data(), static_cast<int>(sealMagic.size())) != 1
        || EVP_EncryptUpdate(context.get(), text, &length, plain.data(), static_cast<int>(plain.size())) != 1
        || EVP_EncryptFinal_ex(context.get(), text + length, &length) != 1
        || EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, tagSize, text + plain.size()) != 1)
        cryptoFailed("EVP_EncryptInit_ex2");
    return sealed;
}

Result<Bytes> unseal(ByteView sealed, const Sha256 &key)
{
    constexpr std::size_t overhead = sealMagic.size() + nonceSize + tagSize;
    if (sealed.size() < overhead || sealed.size() > (16u << 20) || asText(sealed.first(sealMagic.size())) != sealMagic)
        return badInput(reading, {}, "it is not one, or is cut");
    const ByteView nonce = sealed.subspan(sealMagic.size(), nonceSize);
    const ByteView text = sealed.subspan(sealMagic.size() + nonceSize, sealed.size() - overhead);
    Bytes tag = toBytes(sealed.last(tagSize));
    Bytes plain(text.size());
    const CipherContextPtr context(EVP_CIPHER_CTX_new());
    int length = 0;
    if (!context || EVP_DecryptInit_ex2(context.get(), EVP_aes_256_gcm(), key.bytes.data(), nonce.data(), nullptr) != 1
        || EVP_DecryptUpdate(context.get(), nullptr, &length, sealed.data(), static_cast<int>(sealMagic.size())) != 1
        || EVP_DecryptUpdate(context.get(), plain.data(), &length, text.data(), static_cast<int>(text.size())) != 1
        || EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tagSize, tag.data()) != 1
        || EVP_DecryptFinal_ex(context.get(), plain.data() + length, &length) != 1) {
        ERR_clear_error();
        return badInput(reading, {}, "it was changed, or belongs to another emulated processor");
    }
    return plain;
}

} // namespace kastellan::sev
