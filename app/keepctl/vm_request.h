// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keepctl/parse.h"
#include "sev-backend/machine/launch_parameters.h"

namespace kastellan::keepctl {

/// What the options of `measure sev|es|snp|svsm|vm` and of `measure id-block` say of a machine, those given by hand over those
/// derived with --from-qemu or --from-libvirt. `kind`: what the verb says; nothing where the machine says it.
[[nodiscard]] Result<sev::DerivedLaunch> launchFrom(const Invocation &asked, std::optional<sev::GuestKind> kind);
/// Whether the machine's description has a fault, so that its digest will be another one, or it does not start.
[[nodiscard]] bool hasFault(const sev::DerivedLaunch &derived);
/// What was taken from where, and what is wrong, to standard error.
void tellDerived(const sev::DerivedLaunch &derived, bool problemsOnly);

/// A digest that is to be compared with: hex, base64, or @FILE with an SNP report. `size` 48 or 32.
[[nodiscard]] Result<Bytes> digestFrom(const std::string &text, std::size_t size, std::string_view option);
/// A number of an option, with 0x for hexadecimal; `otherwise` where the option is missing.
[[nodiscard]] Result<std::uint64_t> wordNumber(
    const Invocation &asked, std::string_view option, std::uint64_t otherwise, std::uint64_t most);

} // namespace kastellan::keepctl
