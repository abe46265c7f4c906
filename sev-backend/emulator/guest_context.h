// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "sev-backend/abi/report.h"
#include "sev-backend/measurement/launch_measurement.h"

#include <map>

namespace kastellan::sev {

/// What the firmware knows of one guest: the guest context page of the real one.
struct GuestContext {
    enum class State : std::uint8_t { Launching = 1, Running = 2 };

    State state = State::Launching;
    GuestPolicy policy;
    std::array<std::uint8_t, 16> gosvw{}; ///< the guest's operating system visible workarounds
    LaunchMeasurement measurement;
    std::map<std::uint64_t, std::uint64_t> pages; ///< first address and end of what was given, merged
    HostData hostData;
    BlockId familyId, imageId;
    std::uint32_t guestSvn = 0;
    bool idBlockUsed = false, authorKeyUsed = false, vcekDisabled = false;
    KeyDigest idKeyDigest, authorKeyDigest;
    TcbBytes launchTcb;
    std::uint64_t launchMitigations = 0;
    ReportId reportId;

    /// Marks pages as given; false if one of them was before.
    [[nodiscard]] bool claim(std::uint64_t gpa, std::uint64_t size);

    /// Plain bytes of a context, for saving; `decode` refuses whatever `encode` does not write.
    [[nodiscard]] Bytes encode() const;
    [[nodiscard]] static Result<GuestContext> decode(ByteView bytes);
};

/// AES-256-GCM under a key that only this chip has, as the real firmware encrypts context pages.
[[nodiscard]] Bytes seal(ByteView plain, const Sha256 &key);
/// Input error if it was changed, or sealed by another chip.
[[nodiscard]] Result<Bytes> unseal(ByteView sealed, const Sha256 &key);

} // namespace kastellan::sev
