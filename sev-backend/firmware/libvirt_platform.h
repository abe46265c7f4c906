// SPDX-License-Identifier: Apache-2.0
// A platform as libvirt tells of it: facts and certificates, nothing that changes anything.
#pragma once

#include "sev-backend/firmware/situation.h"

namespace kastellan::sev {

/// What a libvirt connection answers, as it came.
struct LibvirtAnswers {
    std::string pdh, chain, cpu0Id; ///< virNodeGetSEVInfo, base64; empty where it does not say
    std::optional<unsigned> cbitPosition, reducedPhysBits, maxGuests, maxEsGuests;
    std::string problem; ///< why virNodeGetSEVInfo yields nothing
    std::string capabilities; ///< XML of virConnectGetDomainCapabilities for KVM and q35; empty with a problem
    std::string capabilitiesProblem;
};
/// Asks libvirt at a URI; changes nothing there, though the connection has to be one that could. The address is held to
/// libvirt/uri.h: `checkLibvirtUri`. An Environment error where it can't be reached.
[[nodiscard]] Result<LibvirtAnswers> askLibvirt(const std::string &uri);
using AskLibvirt = std::function<Result<LibvirtAnswers>(const std::string &uri)>;

/// What the domain capabilities say of SEV, and the model of the processor. XML of another machine: bounded.
struct LibvirtCapabilities {
    bool sev = false;
    std::string launchSecurity; ///< "sev, sev-snp"
    std::string cpuModel; ///< "EPYC-Milan"
};
/// An Input error where it is no such XML.
[[nodiscard]] Result<LibvirtCapabilities> readCapabilities(std::string_view xml);

/// Answers PDH_CERT_EXPORT and GET_ID2 with what libvirt said; all else it does not do.
class LibvirtSevDevice final : public SevDevice {
public:
    LibvirtSevDevice(std::string uri, LibvirtAnswers answers);
    [[nodiscard]] std::string name() const override { return "libvirt at " + m_uri; }
    [[nodiscard]] DeviceAccess access() const override;
    [[nodiscard]] CommandAnswer issue(SevCall &call, bool write) override;

private:
    std::string m_uri;
    LibvirtAnswers m_answers;
};

/// The platform behind a libvirt connection, for FirmwareControl. Asked once for each look.
[[nodiscard]] PlatformSurroundings libvirtPlatform(const std::string &uri, AskLibvirt ask = askLibvirt);

} // namespace kastellan::sev
