// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/readiness/facts.h"

#include <chrono>
#include <stop_token>

namespace kastellan::sev {

/// The connection whose guests QEMU runs as a user of their own, with SEV.
inline constexpr const char *localLibvirt = "qemu:///system";

/// Asks libvirt at a URI: versions and domain capabilities become the facts "libvirt.*". A daemon that does not answer in time is a fact
/// too; asked to stop, it adds none.
void lookAtLibvirt(HostFacts &facts, const std::string &uri, std::chrono::milliseconds time, const std::stop_token &stop);

/// The part of it that reads the domain capabilities, XML of another machine: bounded.
void readDomainCapabilities(HostFacts &facts, std::string_view xml, const std::string &how);

} // namespace kastellan::sev
