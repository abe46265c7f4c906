// SPDX-License-Identifier: Apache-2.0
// A platform as it is now: state, what runs on it.
#pragma once

#include "core/hosts/platform_control.h"
#include "core/keeps/plan.h"
#include "sev-backend/firmware/known_certificates.h"
#include "sev-backend/firmware/platform.h"

#include <functional>

namespace kastellan::sev {

/// What a host gives, so that its platform can be shown and managed.
struct PlatformSurroundings {
    std::string host; ///< its id
    bool emulated = false;
    std::function<Result<std::shared_ptr<SevDevice>>()> device; ///< may take seconds the first time
    std::function<PlatformModel()> model;
    std::function<CertificateSources(const PlatformModel &)> certificates;
    std::function<std::vector<KeepStatus>()> keeps; ///< of this user, on all hosts; empty: keeps::list
    bool partial = false; ///< the device does not tell the platform's state, and changes nothing (libvirt)
    std::function<std::vector<PlatformSection>()> facts; ///< to show beside what the device tells; after `device`
};

/// Read in one go, before an action is planned and again before it is performed.
struct Situation {
    std::shared_ptr<Platform> platform;
    PlatformModel model;
    bool statusKnown = true;
    SevPlatformStatus status; ///< where it is not known: as of one that is initialised
    std::optional<SnpPlatformStatus> snp;
    std::optional<Error> snpError; ///< why there is no `snp`
    std::vector<PlatformGuest> running;

    [[nodiscard]] TcbLayout layout() const { return layoutOf(model.product); }
    /// Those that an action would end.
    [[nodiscard]] std::vector<std::string> endedBy(std::string_view action) const;
    [[nodiscard]] std::vector<std::string> disturbedBy(std::string_view action) const;
};
/// Fails where the platform can't be reached, or does not tell its state. `mayAsk`: a person waits, who may be asked for a password by the
/// helper; else what this user may not read is an error.
[[nodiscard]] Result<Situation> lookAt(const PlatformSurroundings &host, bool mayAsk);

/// What runs: keeps of this user by name, others by number, each with the actions that would end or disturb it.
[[nodiscard]] std::vector<PlatformGuest> runningGuests(
    const std::vector<KeepStatus> &keeps, std::string_view host, std::uint32_t sevGuests, std::uint32_t snpGuests);

} // namespace kastellan::sev
