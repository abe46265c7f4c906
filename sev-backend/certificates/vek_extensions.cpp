// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/certificates/vek_extensions.h"

#include "sev-backend/certificates/openssl_handles.h"

#include <algorithm>

namespace kastellan::sev {
namespace {

constexpr const char *reading = "read the extensions of a VCEK or VLEK";
constexpr std::string_view arc = "1.3.6.1.4.1.3704.1.";

struct Found {
    std::string suffix; // behind the arc: "3.1"
    ByteView value;
};

Result<std::vector<Found>> ownExtensions(const Certificate &certificate)
{
    std::vector<Found> found;
    const int count = X509_get_ext_count(certificate.handle());
    for (int i = 0; i < count && i < 64; ++i) {
        X509_EXTENSION *extension = X509_get_ext(certificate.handle(), i);
        char oid[80];
        const int length = OBJ_obj2txt(oid, sizeof oid, X509_EXTENSION_get_object(extension), 1);
        const std::string_view text(oid, length > 0 ? std::min<std::size_t>(static_cast<std::size_t>(length), sizeof oid - 1) : 0);
        if (!text.starts_with(arc))
            continue;
        std::string suffix(text.substr(arc.size()));
        if (std::ranges::contains(found, suffix, &Found::suffix))
            return badInput(reading, "extension ." + suffix, "it is there twice");
        const ASN1_OCTET_STRING *data = X509_EXTENSION_get_data(extension);
        found.push_back({std::move(suffix), {ASN1_STRING_get0_data(data), static_cast<std::size_t>(ASN1_STRING_length(data))}});
    }
    return found;
}

/// An IA5String of printable characters, up to 127 bytes.
std::optional<std::string> readIa5(ByteView value)
{
    if (value.size() < 2 || value[0] != V_ASN1_IA5STRING || value[1] > 127 || value.size() != value[1] + 2u)
        return {};
    std::string text(asText(value.subspan(2)));
    if (!std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c < 0x7f; }))
        return {};
    return text;
}

struct PartExtension {
    TcbPart part;
    std::string_view suffix;
    std::string_view name;
};
constexpr PartExtension partExtensions[] = {
    {TcbPart::Bootloader, "3.1", "blSPL"},
    {TcbPart::Tee, "3.2", "teeSPL"},
    {TcbPart::Snp, "3.3", "snpSPL"},
    {TcbPart::Microcode, "3.8", "ucodeSPL"},
    {TcbPart::Fmc, "3.9", "fmcSPL"},
};

} // namespace

Result<std::uint8_t> readLevel(ByteView value)
{
    if (value.size() == 3 && value[0] == 0x02 && value[1] == 1 && value[2] < 0x80)
        return value[2];
    if (value.size() == 4 && value[0] == 0x02 && value[1] == 2 && value[2] == 0 && value[3] >= 0x80)
        return value[3];
    return badInput(reading, {}, "it is not an INTEGER of 0 to 255: " + toHex(value.first(std::min<std::size_t>(value.size(), 16))));
}

Result<Bytes> readHardwareId(ByteView value)
{
    if (value.size() == 64 || value.size() == 8)
        return toBytes(value);
    if ((value.size() == 66 || value.size() == 10) && value[0] == V_ASN1_OCTET_STRING && value[1] == value.size() - 2)
        return toBytes(value.subspan(2));
    return badInput(reading, "hwID", "it has " + std::to_string(value.size()) + " bytes, and a hardware id has 64 or 8");
}

Result<VekExtensions> readVekExtensions(const Certificate &certificate)
{
    KASTELLAN_ASSIGN(const std::vector<Found> found, ownExtensions(certificate));
    const auto value = [&found](std::string_view suffix) -> const ByteView * {
        const auto at = std::ranges::find(found, suffix, &Found::suffix);
        return at == found.end() ? nullptr : &at->value;
    };
    VekExtensions result;
    if (const auto *version = value("1")) {
        auto number = readLevel(*version);
        if (!number)
            return badInput(reading, "structVersion", number.error().why);
        result.structVersion = *number;
    }
    if (const auto *product = value("2")) {
        auto text = readIa5(*product);
        if (!text)
            return badInput(reading, "productName", "it is not an IA5String of printable characters");
        result.productName = *text;
        result.product = productFromText(*text);
    }
    const bool turin = value("3.9") != nullptr || layoutOf(result.product) == TcbLayout::Turin || result.structVersion == 1u;
    result.tcb = TcbVersion(turin ? TcbLayout::Turin : TcbLayout::Milan);
    for (const auto &[part, suffix, name] : partExtensions) {
        const auto *extension = value(suffix);
        if (!extension && part == TcbPart::Fmc && !turin)
            continue;
        if (!extension)
            return badInput(reading, std::string(name), "the extension is missing, so the certificate is for no certain TCB");
        auto level = readLevel(*extension);
        if (!level)
            return badInput(reading, std::string(name), level.error().why);
        result.tcb.set(part, *level);
    }
    // Parts that no firmware has yet: a level in one of them would be for a TCB that a report can't state. Turin's lack some.
    for (const std::string_view suffix : {"3.4", "3.5", "3.6", "3.7"}) {
        const auto *reserved = value(suffix);
        const auto level = reserved ? readLevel(*reserved) : Result<std::uint8_t>(std::uint8_t{0});
        if (!level || *level != 0)
            return badInput(reading, "spl" + std::string(suffix.substr(2)), level ? "it is reserved, and not 0" : level.error().why);
    }
    if (const auto *hardware = value("4")) {
        KASTELLAN_ASSIGN(result.hardwareId, readHardwareId(*hardware));
    }
    if (const auto *csp = value("5")) {
        auto text = readIa5(*csp);
        if (!text)
            return badInput(reading, "CSP_ID", "it is not an IA5String of printable characters");
        result.cspId = *text;
    }
    return result;
}

} // namespace kastellan::sev
