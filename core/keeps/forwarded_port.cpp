// SPDX-License-Identifier: Apache-2.0
#include "core/keeps/forwarded_port.h"

#include <charconv>

namespace kastellan {
namespace {

/// A number that is a port, and all of the text; 0 for any other.
std::uint16_t portFrom(std::string_view text)
{
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc{} && end == text.data() + text.size() ? port : 0;
}

} // namespace

Result<ForwardedPort> forwardedPortFrom(std::string_view text)
{
    ForwardedPort port;
    std::string_view rest = text;
    for (const std::string_view protocol : {"tcp", "udp"})
        if (rest.starts_with(protocol) && rest.substr(protocol.size()).starts_with(':')) {
            port.protocol = protocol;
            rest.remove_prefix(protocol.size() + 1);
            break;
        }
    const std::size_t colon = rest.find(':');
    port.host = portFrom(rest.substr(0, colon));
    port.guest = colon == std::string_view::npos ? 0 : portFrom(rest.substr(colon + 1));
    if (port.host == 0 || port.guest == 0)
        return badInput("read a forwarded port", std::string(text.substr(0, 60)), "it is no pair of ports from 1 to 65535",
            "Write HOST:GUEST, as 8080:80; or with the protocol, as udp:5353:53.");
    return port;
}

std::string toText(const ForwardedPort &port)
{
    return port.protocol + ":" + std::to_string(port.host) + ":" + std::to_string(port.guest);
}

} // namespace kastellan
