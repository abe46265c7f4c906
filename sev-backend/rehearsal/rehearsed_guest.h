// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/emulator/processor.h"
#include "sev-backend/rehearsal/guest_memory.h"
#include "sev-backend/rehearsal/launch_pages.h"
#include "sev-backend/rehearsal/qemu_line.h"
#include "sev-backend/rehearsal/settings.h"

#include <functional>

namespace kastellan::sev {

/// What a protected guest boots: views that outlive the launch, and hashes of the same bytes.
struct BootedFiles {
    ByteView firmware;
    bool kernel = false; ///< booted directly
    BootHashes hashes; ///< of kernel, initrd and command line, where there is a kernel
};

/// QEMU's answer to a command: a JSON value, or the description of an error.
using QmpAnswer = std::expected<std::string, std::string>;

/// One guest and its firmware, in the steps and with the words of QEMU 10 (target/i386/sev.c) and KVM.
class RehearsedGuest {
public:
    using Log = std::function<void(const std::string &)>;
    /// What KVM and the firmware do when the machine is made: INIT2 and LAUNCH_START.
    [[nodiscard]] static OrRefusal<std::unique_ptr<RehearsedGuest>> start(
        std::unique_ptr<Processor> processor, SevObject object, const RehearsalSettings &settings, bool smm, Log log);
    /// Loads what is booted: measured by the firmware, and written into the guest's memory where QEMU writes. For SEV and SEV-ES the launch
    /// is measured then; for SNP it is ready for its end.
    [[nodiscard]] OrRefusal<void> load(const BootedFiles &files, const LaunchParameters &parameters, GuestMemory &memory);
    /// The machine is about to run for the first time: LAUNCH_FINISH. Once; later calls do nothing.
    [[nodiscard]] OrRefusal<void> finish();
    [[nodiscard]] bool running() const { return m_state == State::Running; }
    [[nodiscard]] bool snp() const { return m_object.snp; }

    [[nodiscard]] QmpAnswer query() const; ///< query-sev
    [[nodiscard]] QmpAnswer launchMeasure() const; ///< query-sev-launch-measure
    /// sev-inject-launch-secret; without an address the firmware's own area.
    [[nodiscard]] QmpAnswer injectSecret(
        std::string_view header, std::string_view secret, std::optional<std::uint64_t> gpa, GuestMemory &memory);
    [[nodiscard]] QmpAnswer attestation(std::string_view nonce); ///< query-sev-attestation-report
    [[nodiscard]] const char *migrationBlocked() const;
    /// MSG_REPORT_REQ of this guest: 4000 bytes for 96.
    [[nodiscard]] Bytes report(ByteView request);
    [[nodiscard]] Processor &processor() { return *m_processor; }

private:
    enum class State { Uninit, LaunchUpdate, LaunchSecret, Running };
    RehearsedGuest(std::unique_ptr<Processor> processor, SevObject object, const RehearsalSettings &settings, Log log);
    [[nodiscard]] OrRefusal<void> initialize(bool smm);
    [[nodiscard]] OrRefusal<void> startSnp();
    [[nodiscard]] OrRefusal<void> startSev();
    [[nodiscard]] OrRefusal<void> loadSnp(const Ovmf *ovmf, const VmParameters &machine, bool kernel, GuestMemory &memory);
    [[nodiscard]] OrRefusal<void> loadSev(const BootedFiles &files, const Ovmf *ovmf, const VmParameters &machine, GuestMemory &memory);
    [[nodiscard]] bool anyAsidFree();

    std::unique_ptr<Processor> m_processor;
    SevObject m_object;
    RehearsalSettings m_settings;
    Log m_log;
    State m_state = State::Uninit;
    GuestHandle m_snp;
    LegacyHandle m_legacy = 0;
    SevPlatformStatus m_platform;
    std::string m_measurement; ///< base64
    std::optional<FirmwareArea> m_secretArea;
    std::vector<std::string> m_unfinished; ///< SNP: why the launch can't be finished, with QEMU's words
};

} // namespace kastellan::sev
