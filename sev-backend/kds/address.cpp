// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/kds/address.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace kastellan::sev::kds {
namespace {

constexpr auto asking = "ask AMD's key server";

std::string lower(std::string_view text)
{
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

Result<std::string> word(Product product)
{
    if (product != Product::Milan && product != Product::Genoa && product != Product::Turin)
        return badInput(asking, std::string(name(product)), "it has no certificates of this product",
            "Give --product Milan, Genoa (also for Bergamo and Siena) or Turin.");
    return std::string(name(product));
}

std::string_view word(Kind kind)
{
    return kind == Kind::Vcek ? "vcek" : "vlek";
}

std::string decimal(unsigned value)
{
    std::string text = std::to_string(value);
    return text.size() < 2 ? "0" + text : text;
}

} // namespace

Result<std::string> vcekPath(Product product, ByteView chip, const TcbVersion &tcb)
{
    KASTELLAN_ASSIGN(const std::string productWord, word(product));
    const auto allZero = [](ByteView bytes) { return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; }); };
    if (allZero(chip))
        return badInput(asking, "chip id", "it is all zeros: the host masks it (MASK_CHIP_ID)",
            "Ask the host for the certificates (extended report), for its VCEK, or for a VLEK.");
    const std::size_t size = chipIdSize(product);
    if (chip.size() == 64 && size == 8) {
        if (!allZero(chip.subspan(8)))
            return badInput(asking, "chip id", "it uses all of its 64 bytes, and a Turin's has 8: this is a Milan's or a Genoa's",
                "Give the product that the report is of.");
        chip = chip.first(8);
    }
    if (chip.size() != size)
        return badInput(asking, "chip id",
            "it has " + std::to_string(chip.size()) + " bytes, and a " + productWord + "'s has " + std::to_string(size),
            chip.size() == 8 ? "8 bytes are a Turin's: give --product Turin." : "Give the whole chip id, as the report has it.");
    if (tcb.layout() != layoutOf(product))
        return badInput(asking, "TCB", "its parts are not those of a " + productWord);
    std::string path = "/vcek/v1/" + productWord + "/" + toHex(chip);
    char joint = '?';
    for (const TcbPart part : {TcbPart::Fmc, TcbPart::Bootloader, TcbPart::Tee, TcbPart::Snp, TcbPart::Microcode})
        if (const auto level = tcb.part(part)) {
            path += joint + std::string(name(part)) + "SPL=" + decimal(*level);
            joint = '&';
        }
    return path;
}

Result<std::string> chainPath(Product product, Kind kind)
{
    KASTELLAN_ASSIGN(const std::string productWord, word(product));
    return "/" + std::string(word(kind)) + "/v1/" + productWord + "/cert_chain";
}

Result<std::string> crlPath(Product product, Kind kind)
{
    KASTELLAN_ASSIGN(const std::string productWord, word(product));
    return "/" + std::string(word(kind)) + "/v1/" + productWord + "/crl";
}

Result<std::string> cekPath(ByteView id)
{
    if (id.empty() || id.size() > 64)
        return badInput(asking, "id", "it has " + std::to_string(id.size()) + " bytes, and 1 to 64 are possible");
    return "/cek/id/" + toHex(id);
}

Result<std::string> sevAuthoritiesPath(std::string_view product)
{
    static constexpr std::array<std::string_view, 4> known = {"naples", "rome", "milan", "genoa"};
    const std::string text = lower(product);
    if (!std::ranges::contains(known, text))
        return badInput(asking, std::string(product.substr(0, 64)), "AMD publishes no ASK and ARK in SEV format for it",
            "There are Naples, Rome, Milan and Genoa.");
    return "/developer/eula/sev/ask_ark_" + text + ".cert";
}

Result<Product> parseProduct(std::string_view text)
{
    const std::string wanted = lower(text);
    if (wanted == "milan")
        return Product::Milan;
    if (wanted == "genoa" || wanted == "bergamo" || wanted == "siena")
        return Product::Genoa;
    if (wanted == "turin")
        return Product::Turin;
    return badInput(asking, std::string(text.substr(0, 64)), "it is no product that is known here",
        "There are Milan, Genoa (also for Bergamo and Siena) and Turin.");
}

Result<TcbVersion> parseTcb(std::string_view text, Product product)
{
    constexpr auto reading = "read a TCB";
    const std::string remedy = "Write it as bl=3,tee=0,snp=8,ucode=115; for Turin with fmc= too.";
    TcbVersion tcb(layoutOf(product));
    std::vector<TcbPart> given;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        const std::string_view item = text.substr(0, comma);
        text.remove_prefix(std::min(comma + 1, text.size()));
        const std::size_t equals = item.find('=');
        const std::string key = lower(item.substr(0, equals));
        const auto part = tcbPartFromName(key.ends_with("spl") ? std::string_view(key).substr(0, key.size() - 3) : std::string_view(key));
        const std::string_view number = equals == std::string_view::npos ? std::string_view() : item.substr(equals + 1);
        unsigned value = 0;
        const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
        if (!part || error != std::errc() || end != number.data() + number.size() || value > 255)
            return badInput(reading, std::string(item.substr(0, 64)), "it is not a part with a level of 0 to 255", remedy);
        if (std::ranges::contains(given, *part))
            return badInput(reading, key, "it is there twice", remedy);
        if (!tcb.set(*part, static_cast<std::uint8_t>(value)))
            return badInput(reading, key, "the TCB of a " + std::string(name(product)) + " has no such part", remedy);
        given.push_back(*part);
    }
    for (const TcbPart part : TcbVersion::parts(tcb.layout()))
        if (!std::ranges::contains(given, part))
            return badInput(reading, std::string(name(part)), "the part is missing", remedy);
    return tcb;
}

Result<Server> parseServer(std::string_view url)
{
    constexpr auto reading = "read the key server's address";
    const std::string where(url.substr(0, 200));
    const bool tls = url.starts_with("https://"), plain = url.starts_with("http://");
    if (!tls && !plain)
        return badInput(reading, where, "it begins with neither https:// nor http://", "Give an address as https://kds.example.com.");
    while (url.ends_with('/'))
        url.remove_suffix(1);
    const std::size_t start = tls ? 8 : 7;
    const std::string_view authority = url.size() <= start ? std::string_view() : url.substr(start, url.find('/', start) - start);
    const bool printable = std::ranges::all_of(url, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
    if (authority.empty() || !printable || url.find_first_of("?#\\\"") != std::string_view::npos || url.size() > 1000)
        return badInput(reading, where, "it is not the address of a server", "Give scheme, host and port, and perhaps a path.");
    if (url.contains('@'))
        return badInput(reading, "'@' in it", "user names and passwords have no place in it", "Leave them out.");
    Server server{std::string(url), {}, tls, false};
    server.host = authority.starts_with('[') ? std::string(authority.substr(1, authority.find(']') - 1))
                                             : std::string(authority.substr(0, authority.find(':')));
    server.loopback = server.host == "localhost" || server.host == "::1" || server.host.starts_with("127.");
    return server;
}

} // namespace kastellan::sev::kds
