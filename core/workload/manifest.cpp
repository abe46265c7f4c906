// SPDX-License-Identifier: Apache-2.0
#include "core/workload/delivery.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace kastellan {
namespace {

constexpr std::string_view head = "kastellan-manifest-1";
constexpr const char *what = "read a delivery manifest";

// Tab and line feed separate; the percent sign escapes. Everything else that can be printed stands for itself.
bool needsEscape(unsigned char byte)
{
    return byte < 0x20 || byte == 0x7f || byte == '%';
}

std::string escaped(std::string_view text)
{
    constexpr const char *digits = "0123456789ABCDEF";
    std::string out;
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        if (needsEscape(byte)) {
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        } else {
            out += character;
        }
    }
    return out;
}

std::optional<std::string> unescaped(std::string_view text)
{
    const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; };
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            if (needsEscape(static_cast<unsigned char>(text[i])))
                return std::nullopt;
            out += text[i];
            continue;
        }
        if (text.size() - i < 3 || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0)
            return std::nullopt;
        const auto byte = static_cast<unsigned char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
        if (!needsEscape(byte))
            return std::nullopt;
        out += static_cast<char>(byte);
        i += 2;
    }
    return out;
}

/// Digests of secrets are keyed: without the key of the delivery nobody can try guesses against them.
std::string_view digestKind(std::string_view name)
{
    return name.starts_with("secret:") ? "hmac-sha256:" : "sha256:";
}

std::unexpected<Error> bad(std::size_t line, std::string why)
{
    return badInput(what, "line " + std::to_string(line), std::move(why), "It is not a manifest that this version of Kastellan wrote.");
}

/// Cuts the text up to `end` off the front; nullopt if `end` is not there.
std::optional<std::string_view> cut(std::string_view &text, char end)
{
    const auto at = text.find(end);
    if (at == std::string_view::npos)
        return std::nullopt;
    const std::string_view part = text.substr(0, at);
    text.remove_prefix(at + 1);
    return part;
}

Result<DeliveryItem> parseLine(std::string_view text, std::size_t line)
{
    const auto name = cut(text, '\t');
    const auto size = name ? cut(text, '\t') : std::nullopt;
    const auto digest = size ? cut(text, '\t') : std::nullopt;
    if (!digest)
        return bad(line, "it does not have four fields");
    DeliveryItem item;
    auto plainName = unescaped(*name);
    auto note = unescaped(text);
    if (!plainName || plainName->empty())
        return bad(line, "its name is empty or wrongly escaped");
    if (!note)
        return bad(line, "its note is wrongly escaped");
    item.name = std::move(*plainName);
    item.note = std::move(*note);
    const auto [end, code] = std::from_chars(size->data(), size->data() + size->size(), item.size);
    if (code != std::errc{} || std::to_string(item.size) != *size || end != size->data() + size->size())
        return bad(line, "its size is not a plain number of bytes");
    const std::string_view kind = digestKind(item.name);
    if (!digest->starts_with(kind))
        return bad(line, "its digest does not begin with " + std::string(kind));
    const std::string_view hex = digest->substr(kind.size());
    const auto raw = hex.size() == 2 * Sha256::size ? fromHex(hex) : Bytes{};
    if (!raw || raw->size() != Sha256::size || toHex(*raw) != hex)
        return bad(line, "its digest is not 64 lower-case hex digits");
    std::ranges::copy(*raw, item.digest.bytes.begin());
    return item;
}

} // namespace

Bytes canonicalManifest(const std::vector<DeliveryItem> &items)
{
    std::vector<const DeliveryItem *> order;
    for (const auto &item : items)
        order.push_back(&item);
    std::ranges::stable_sort(order, {}, [](const DeliveryItem *item) -> const std::string & { return item->name; });
    std::string text(head);
    text += '\n';
    for (const auto *item : order)
        text += escaped(item->name) + '\t' + std::to_string(item->size) + '\t' + std::string(digestKind(item->name))
            + toHex(item->digest.view()) + '\t' + escaped(item->note) + '\n';
    return toBytes(text);
}

Result<std::vector<DeliveryItem>> parseManifest(ByteView manifest)
{
    if (manifest.size() > manifestLimit)
        return badInput(
            what, {}, "it has " + std::to_string(manifest.size()) + " bytes, and at most " + std::to_string(manifestLimit) + " are read");
    std::string_view text = asText(manifest);
    const auto first = cut(text, '\n');
    if (!first || *first != head)
        return bad(1, "it does not begin with '" + std::string(head) + "'");
    std::vector<DeliveryItem> items;
    for (std::size_t line = 2; !text.empty(); ++line) {
        if (items.size() == manifestItemLimit)
            return bad(line, "it has more than " + std::to_string(manifestItemLimit) + " items");
        const auto whole = cut(text, '\n');
        if (!whole)
            return bad(line, "it has no end");
        KASTELLAN_ASSIGN(DeliveryItem item, parseLine(*whole, line));
        if (!items.empty() && item.name <= items.back().name)
            return bad(line, item.name == items.back().name ? "its name stands there twice" : "its name is out of order");
        items.push_back(std::move(item));
    }
    return items;
}

} // namespace kastellan
