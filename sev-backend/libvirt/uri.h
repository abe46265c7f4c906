// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

namespace kastellan::sev {

/// A libvirt connection's address, taken apart: DRIVER[+TRANSPORT]://[USER@][HOST][:PORT]/PATH[?PARAMETERS].
struct LibvirtUri {
    std::string text; ///< whole, as it is given to libvirt
    std::string transport; ///< "", "unix", "ssh", "libssh", "libssh2", "tls"
    std::string host; ///< empty: this machine
    std::string path; ///< "system" or "session"
    /// Whether the daemon runs on this machine, so that it can be given files by their path.
    [[nodiscard]] bool local() const { return host.empty(); }
    /// Whether it runs as the user who asks: it may read what this user may read.
    [[nodiscard]] bool session() const { return path == "session"; }
};

/// Whether a host's name is meant as a libvirt connection: it has the scheme "qemu" with any transport.
[[nodiscard]] bool looksLikeLibvirtUri(std::string_view host);
/// Reads an address. Only QEMU's driver, transports that run no program of the address's choosing, the paths "system" and "session", and
/// the parameters `mode` and `no_tty` are allowed: anything else is an Input error.
[[nodiscard]] Result<LibvirtUri> parseLibvirtUri(std::string_view uri);
/// The same, for who needs no more than the answer.
[[nodiscard]] Status checkLibvirtUri(std::string_view uri);
/// The address as it is opened: over ssh, nobody is asked on a terminal for a password or whether a machine's key is right.
[[nodiscard]] std::string askingNobody(const std::string &uri);

} // namespace kastellan::sev
