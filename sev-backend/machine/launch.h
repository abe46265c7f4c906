// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/machine/launch_parameters.h"

#include <filesystem>

namespace kastellan::sev {

/// A virtual machine's launch, read from its files and ready to be measured. Kernel and initrd are hashed in constant memory.
class Launch {
public:
    Launch(Launch &&) = default;
    Launch &operator=(Launch &&) = default;
    Launch(const Launch &) = delete;
    Launch &operator=(const Launch &) = delete;
    /// Reads and hashes; what is missing or does not fit together is an Input error that says what to give.
    [[nodiscard]] static Result<Launch> open(const LaunchParameters &parameters);

    [[nodiscard]] GuestKind kind() const { return *m_parameters.kind; }
    [[nodiscard]] const LaunchParameters &parameters() const { return m_parameters; }
    /// What is measured, with the files' hashes.
    [[nodiscard]] const VmParameters &machine() const { return m_machine; }
    [[nodiscard]] const Ovmf &ovmf() const { return *m_ovmf; }
    [[nodiscard]] const Ovmf *svsm() const { return m_svsm ? &*m_svsm : nullptr; }
    /// Kernel and initrd, measured or not.
    [[nodiscard]] const std::optional<BootHashes> &files() const { return m_files; }

    /// 48 bytes for SNP, 32 for SEV and SEV-ES.
    [[nodiscard]] Result<Bytes> measure(const MeasureListener &listener = {}) const;
    /// The page of each virtual processor; none for SEV.
    [[nodiscard]] Result<std::vector<Bytes>> vmsas() const;

    /// Firmware images in a folder, or one file: what may have been used instead. Other files are passed over; at most 64.
    [[nodiscard]] Status addCandidates(const std::filesystem::path &fileOrFolder);
    [[nodiscard]] std::size_t candidates() const { return m_candidates.size(); }
    /// What would explain another digest (sev-backend/measurement/explain.h).
    [[nodiscard]] std::vector<Explanation> explain(const DigestTest &seen, std::stop_token stop = {}) const;
    [[nodiscard]] std::vector<Explanation> explain(ByteView seen, std::stop_token stop = {}) const;

private:
    Launch() = default;
    Status readFirmware();
    Status fitTogether();
    LaunchParameters m_parameters;
    VmParameters m_machine;
    std::optional<BootHashes> m_files;
    Bytes m_ovmfImage, m_svsmImage; // moved with their buffers, so that the views below stay
    std::optional<Ovmf> m_ovmf, m_svsm;
    std::vector<std::pair<std::string, Bytes>> m_candidates;
};

/// The largest firmware or SVSM image that is read, bytes.
inline constexpr std::uint64_t firmwareLimit = 32u << 20;

/// What a launch from these files must have had for this digest: the files are read, other firmware is looked for in the folder of the
/// given one. For whoever holds evidence whose launch digest is not the expected one.
[[nodiscard]] Result<std::vector<Explanation>> explainLaunch(const LaunchParameters &parameters, ByteView seen, std::stop_token stop = {});

} // namespace kastellan::sev
