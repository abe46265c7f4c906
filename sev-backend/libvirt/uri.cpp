// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/libvirt/uri.h"

#include <algorithm>
#include <array>

namespace kastellan::sev {
namespace {

constexpr std::size_t uriLimit = 1024;
constexpr std::array<std::string_view, 6> schemes{"qemu", "qemu+ssh", "qemu+libssh", "qemu+libssh2", "qemu+tls", "qemu+unix"};

std::unexpected<Error> wrong(std::string_view uri, std::string why)
{
    return badInput("open a libvirt connection", std::string(uri.substr(0, 200)), std::move(why),
        "Write for instance qemu:///system or qemu+ssh://HOST/system.");
}

/// libvirt lets parameters choose the program that is run (command, netcat) and the keys that are trusted (pkipath, no_verify).
Status checkParameters(std::string_view uri)
{
    const auto question = uri.find('?');
    for (std::string_view rest = question == std::string_view::npos ? std::string_view() : uri.substr(question + 1); !rest.empty();) {
        const auto end = rest.find_first_of("&;");
        const std::string_view name = rest.substr(0, std::min(rest.find('='), end));
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        if (name != "mode" && name != "no_tty")
            return wrong(
                uri, "its parameter '" + std::string(name.substr(0, 40)) + "' is not allowed: it could run programs or trust other keys");
    }
    return {};
}

} // namespace

bool looksLikeLibvirtUri(std::string_view host)
{
    const auto end = host.find("://");
    return end != std::string_view::npos && (host.starts_with("qemu:") || host.starts_with("qemu+"));
}

Result<LibvirtUri> parseLibvirtUri(std::string_view uri)
{
    const auto colon = uri.find("://");
    if (uri.size() > uriLimit || colon == std::string_view::npos || std::ranges::find(schemes, uri.substr(0, colon)) == schemes.end())
        return wrong(uri, "its scheme is none of qemu, qemu+ssh, qemu+libssh, qemu+libssh2, qemu+tls, qemu+unix");
    if (std::ranges::any_of(uri, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; }))
        return wrong(uri, "it has a blank or a control character");
    const auto authority = uri.substr(colon + 3, uri.substr(colon + 3).find_first_of("/?#"));
    if (authority.starts_with('-') || authority.find("@-") != std::string_view::npos)
        return wrong(uri, "a name that begins with '-' would be an option of ssh");
    if (authority.contains('%'))
        return wrong(uri, "its host has a '%': what it stands for could be an option of ssh");
    KASTELLAN_TRY(checkParameters(uri));

    LibvirtUri parsed;
    parsed.text = uri;
    const auto scheme = uri.substr(0, colon);
    if (const auto plus = scheme.find('+'); plus != std::string_view::npos)
        parsed.transport = scheme.substr(plus + 1);
    parsed.host = authority.substr(authority.rfind('@') + 1);
    std::string_view path = uri.substr(colon + 3 + authority.size());
    path = path.substr(0, path.find_first_of("?#"));
    if (path.starts_with('/'))
        path.remove_prefix(1);
    parsed.path = path;
    if (path != "system" && path != "session")
        return wrong(uri, "its path is neither /system nor /session");
    if (authority.empty() && !parsed.transport.empty() && parsed.transport != "unix")
        return wrong(uri, "it names no host");
    return parsed;
}

std::string askingNobody(const std::string &uri)
{
    const auto scheme = uri.substr(0, uri.find("://"));
    if (scheme.find("ssh") == std::string::npos || uri.find("no_tty=") != std::string::npos)
        return uri;
    return uri + (uri.find('?') == std::string::npos ? '?' : '&') + "no_tty=1";
}

Status checkLibvirtUri(std::string_view uri)
{
    if (const auto parsed = parseLibvirtUri(uri); !parsed)
        return std::unexpected(parsed.error());
    return {};
}

} // namespace kastellan::sev
