// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"
#include "sev-backend/abi/platform_status.h"
#include "sev-backend/firmware/sev_device.h"

#include <memory>

namespace kastellan::sev {

/// PDH_CERT_EXPORT: legacy certificates of 2084 bytes each.
struct ExportedChain {
    Bytes pdh;
    Bytes chain; ///< PEK, OCA, CEK
};

/// The commands of a platform with their types. Every error carries the firmware's status with name, number, explanation and remedy, or
/// what errno means here, with what would help. Safe in several threads as far as the device is.
class Platform {
public:
    explicit Platform(std::shared_ptr<SevDevice> device)
        : m_device(std::move(device))
    {
    }
    [[nodiscard]] SevDevice &device() const { return *m_device; }

    [[nodiscard]] Result<SevPlatformStatus> status();
    [[nodiscard]] Result<SnpPlatformStatus> snpStatus();
    /// 64 bytes, on Turin 8 (or 64 with zeros at their end).
    [[nodiscard]] Result<Bytes> id();
    /// `state`: the platform's; without it, it is asked for.
    [[nodiscard]] Result<ExportedChain> exportChain(std::optional<SevState> state = {});
    /// A PEK certificate without signatures, 2084 bytes.
    [[nodiscard]] Result<Bytes> pekCsr();
    [[nodiscard]] Status importPek(ByteView pek, ByteView oca);
    [[nodiscard]] Status generatePek();
    [[nodiscard]] Status rotatePdh();
    [[nodiscard]] Status reset();
    [[nodiscard]] Status setConfig(const SnpConfig &config);
    [[nodiscard]] Status resetConfig() { return setConfig({}); }
    [[nodiscard]] Status commit();
    [[nodiscard]] Status loadVlek(const VlekHashstick &hashstick);

    /// Whether this user may give a command, before it is given. `state`: the platform's, where it is known.
    [[nodiscard]] Status permission(SevCommand command, std::optional<SevState> state = {}) const;
    /// Whether the helper with an administrator's password would give it.
    [[nodiscard]] bool needsPrivilege(SevCommand command, std::optional<SevState> state = {}) const;

private:
    [[nodiscard]] Status issue(SevCall &call, std::optional<SevState> state = {});
    /// Asks again with the length that the firmware wants.
    [[nodiscard]] Status issueSized(SevCall &call, std::optional<SevState> state = {});

    std::shared_ptr<SevDevice> m_device;
};

/// Whether the driver wants the device opened for writing.
[[nodiscard]] bool needsWrite(SevCommand command, std::optional<SevState> state);
/// What an answer means, as an error of that command.
[[nodiscard]] Error explain(SevCommand command, const CommandAnswer &answer, const SevDevice &device);
/// The error of a command that this user may not give.
[[nodiscard]] Error notAllowed(SevCommand command, const DeviceAccess &access, const std::string &device);

} // namespace kastellan::sev
