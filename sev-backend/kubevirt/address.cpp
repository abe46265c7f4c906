// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/kubevirt/address.h"

#include "core/base/bytes.h"

#include <algorithm>

namespace kastellan::sev::kubevirt {
namespace {

constexpr std::string_view scheme = "kubevirt://";
constexpr std::string_view anyCertificate = "accept=insecure-skip-tls-verify";
constexpr std::size_t longestUri = 1024;

Result<std::string> decoded(std::string_view text)
{
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            result += text[i];
            continue;
        }
        const auto byte = i + 2 < text.size() ? fromHex(text.substr(i + 1, 2)) : Result<Bytes>(Bytes{});
        if (!byte || byte->size() != 1)
            return badInput("find a cluster", std::string(text), "a '%' is not followed by two hex digits", "Write a '%' itself as %25.");
        result += static_cast<char>(byte->front());
        i += 2;
    }
    return result;
}

} // namespace

std::string Address::uri() const
{
    std::string text(scheme);
    for (const char c : context) {
        if (c == '/' || c == '?' || c == '#' || c == '%')
            text += "%" + toHex(Bytes{static_cast<std::uint8_t>(c)});
        else
            text += c;
    }
    text += "/" + nameSpace;
    if (acceptsAnyCertificate)
        text += "?" + std::string(anyCertificate);
    return text;
}

bool isAddress(std::string_view uri)
{
    return uri.starts_with(scheme);
}

bool isDnsLabel(std::string_view text)
{
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !text.empty() && text.size() <= 63 && plain(text.front()) && plain(text.back())
        && std::ranges::all_of(text, [plain](char c) { return plain(c) || c == '-'; });
}

Result<Address> parseAddress(std::string_view uri)
{
    const auto wrong = [uri](std::string why) {
        return badInput("find a cluster", std::string(uri.substr(0, 200)), std::move(why),
            "Write kubevirt://CONTEXT/NAMESPACE; 'kubectl config get-contexts' lists the contexts.");
    };
    if (!isAddress(uri) || uri.size() > longestUri)
        return wrong(isAddress(uri) ? "it is longer than 1024 characters" : "it does not begin with kubevirt://");
    if (std::ranges::any_of(uri, [](unsigned char c) { return c <= ' ' || c == 0x7f; }))
        return wrong("it has a blank or a control character");
    std::string_view rest = uri.substr(scheme.size());
    Address address;
    if (const auto question = rest.find('?'); question != std::string_view::npos) {
        if (rest.substr(question + 1) != anyCertificate)
            return wrong("the only parameter that is known is " + std::string(anyCertificate));
        address.acceptsAnyCertificate = true;
        rest = rest.substr(0, question);
    }
    const auto slash = rest.rfind('/');
    KASTELLAN_ASSIGN(address.context, decoded(rest.substr(0, slash)));
    if (slash != std::string_view::npos)
        address.nameSpace = rest.substr(slash + 1);
    if (!address.nameSpace.empty() && !isDnsLabel(address.nameSpace))
        return wrong("'" + address.nameSpace.substr(0, 80) + "' is no namespace: it has lower-case letters, digits and '-' alone");
    if (std::ranges::any_of(address.context, [](unsigned char c) { return c < ' ' || c == 0x7f; }))
        return wrong("the context's name has a control character");
    return address;
}

} // namespace kastellan::sev::kubevirt
