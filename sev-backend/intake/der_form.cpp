// SPDX-License-Identifier: Apache-2.0
// DER certificates and revocation lists, one or several after another, and the same in PEM.
#include "sev-backend/intake/parts.h"

namespace kastellan::sev::intake {
namespace {

/// The length of the DER SEQUENCE at the beginning, with its head; nothing if there is none or its length is not minimal.
std::optional<std::size_t> sequenceSize(ByteView bytes)
{
    if (bytes.size() < 2 || bytes[0] != 0x30)
        return std::nullopt;
    if (bytes[1] < 0x80)
        return std::size_t{2} + bytes[1];
    const std::size_t count = bytes[1] & 0x7fu;
    if (count == 0 || count > 4 || bytes.size() < 2 + count)
        return std::nullopt;
    std::size_t length = 0;
    for (std::size_t i = 0; i < count; ++i)
        length = length << 8 | bytes[2 + i];
    return 2 + count + length;
}

/// One object; the reason stays with the looker if it is none.
bool lookOne(Looker &looker, const Part &part)
{
    auto certificate = Certificate::fromDer(part.bytes);
    if (certificate)
        return looker.x509(part, std::move(*certificate));
    if (looker.crl(part))
        return true;
    looker.reason("it is DER, and neither a revocation list nor a certificate that can be read: " + certificate.error().why);
    return false;
}

struct Block {
    std::string_view label, body;
    std::size_t offset, size;
};

/// The next PEM block from `from` on.
std::optional<Block> nextBlock(std::string_view text, std::size_t from, bool &open)
{
    constexpr std::string_view begin = "-----BEGIN ", dashes = "-----";
    constexpr std::size_t labelLimit = 64;
    const auto start = text.find(begin, from);
    if (start == std::string_view::npos)
        return std::nullopt;
    open = true;
    const auto labelAt = start + begin.size();
    const auto labelEnd = text.find(dashes, labelAt);
    if (labelEnd == std::string_view::npos || labelEnd - labelAt > labelLimit)
        return std::nullopt;
    const std::string_view label = text.substr(labelAt, labelEnd - labelAt);
    const auto bodyAt = labelEnd + dashes.size();
    const std::string end = "-----END " + std::string(label) + "-----";
    const auto bodyEnd = text.find(end, bodyAt);
    if (bodyEnd == std::string_view::npos)
        return std::nullopt;
    open = false;
    return Block{label, text.substr(bodyAt, bodyEnd - bodyAt), start, bodyEnd + end.size() - start};
}

} // namespace

bool lookDer(Looker &looker, const Part &part)
{
    std::size_t at = 0, count = 0;
    while (at < part.bytes.size()) {
        const auto size = sequenceSize(part.bytes.subspan(at));
        if (!size)
            break;
        if (*size > part.bytes.size() - at) {
            if (count == 0 && *size < RevocationList::sizeLimit)
                looker.reason(
                    "it begins as DER of " + std::to_string(*size) + " bytes and ends after " + std::to_string(part.bytes.size()));
            break;
        }
        if (!looker.spend(part, 1, 0) || !lookOne(looker, part.at(at, *size)))
            break;
        at += *size;
        ++count;
    }
    if (count == 0)
        return false;
    if (const Part rest = part.at(at, part.bytes.size() - at); !allZero(rest.bytes))
        looker.unknown(rest, std::to_string(rest.bytes.size()) + " bytes behind the certificates are no DER that can be read");
    return true;
}

bool lookPem(Looker &looker, const Part &part)
{
    const std::string_view text = asText(part.bytes);
    std::size_t from = 0, count = 0;
    bool open = false;
    while (const auto block = nextBlock(text, from, open)) {
        from = block->offset + block->size;
        if (!looker.spend(part, 1, block->body.size()))
            break;
        Part place = part.at(block->offset, block->size);
        if (block->label == "CERTIFICATE" || block->label == "X509 CRL" || block->label == "TRUSTED CERTIFICATE") {
            const auto der = fromBase64(block->body);
            if (!der) {
                looker.unknown(place, "a PEM block that can't be decoded: " + der.error().why);
                ++count;
                continue;
            }
            place.bytes = *der;
            if (!lookOne(looker, place))
                looker.unknown(place, "a PEM block with the label '" + std::string(block->label) + "' that can't be read");
        } else if (block->label.ends_with("PRIVATE KEY")) {
            looker.unknown(place, "a PRIVATE KEY: no evidence, and nothing to hand on");
        } else {
            looker.unknown(place, "a PEM block of another kind: '" + std::string(block->label) + "'");
        }
        ++count;
    }
    if (open)
        looker.reason("it holds a PEM block without an end");
    if (open && count)
        looker.unknown(part, "it holds a PEM block without an end");
    return count > 0;
}

} // namespace kastellan::sev::intake
