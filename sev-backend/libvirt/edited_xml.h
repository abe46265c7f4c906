// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"
#include "sev-backend/libvirt/domain_xml.h"

#include <optional>

namespace kastellan::sev::libvirt {

/// The most that is read of a domain's XML, bytes.
inline constexpr std::size_t domainXmlLimit = std::size_t{1} << 20;

/// A domain's XML as a person edited it, held to what was planned: what we do not know is kept as it is; name, uuid, our metadata, session
/// port, events and the launch's own values are put back; what decides the measurement or the protection, or goes past libvirt to QEMU, is
/// refused by the name of its element when it differs (Input error). `name` is for errors.
[[nodiscard]] Result<std::string> heldToPlan(std::string_view edited, const DomainSpec &planned, std::string_view name);
/// The memory that it gives the machine, MiB; none where it says nothing that can be read.
[[nodiscard]] std::optional<std::uint64_t> memoryOf(std::string_view xml);

/// What is known only at the launch. Empty members leave the XML as it is.
struct LaunchValues {
    std::string firmware, kernel, initrd, disk; ///< paths on the host, where files were uploaded
    std::string hostData, dhCert, session; ///< base64
    std::string moreWords; ///< for the kernel's command line
};
/// Puts them into a planned domain.
[[nodiscard]] Result<std::string> withLaunchValues(std::string_view xml, const LaunchValues &values);

} // namespace kastellan::sev::libvirt
