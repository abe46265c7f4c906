// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/machine/launch_parameters.h"
#include "sev-backend/machine/qemu_options.h"
#include "sev-backend/rehearsal/words.h"

#include <array>

namespace kastellan::sev {

/// One option of QEMU's command line.
struct QemuOption {
    std::string name; ///< without dashes: "machine"
    std::optional<std::size_t> value; ///< the word that is its value
    std::size_t at = 0; ///< its own word
};
/// Divides words (without the program) into options; words that are no option and no value are left out.
[[nodiscard]] std::vector<QemuOption> qemuOptions(const std::vector<std::string> &words);

/// A sev-guest or sev-snp-guest object, as QEMU reads it.
struct SevObject {
    bool snp = false;
    std::string id;
    std::uint64_t policy = 0;
    std::uint32_t cbitpos = 0, reducedPhysBits = 0;
    bool kernelHashes = false;
    std::string device = "/dev/sev";
    std::string dhCertFile, sessionFile;
    std::array<std::uint8_t, 16> workarounds{};
    std::optional<Bytes> idBlock, idAuth;
    HostData hostData;
    bool authorKey = false, vcekDisabled = false;
    [[nodiscard]] bool es() const { return !snp && (policy & 0x4); }
    /// Reads the value of -object; refuses with QEMU's words what QEMU refuses.
    [[nodiscard]] static OrRefusal<SevObject> read(const std::string &text);
};

/// Where QMP is spoken: the value of a -chardev that a monitor uses, or of -qmp.
struct MonitorPlace {
    std::size_t at = 0;
    std::string id; ///< of the chardev; empty: -qmp
    int fd = -1; ///< inherited
    std::string path; ///< to be listened at
    bool server = true; ///< false: the descriptor is a connection already
};

/// QEMU's command line, as far as the stand-in has to know it.
struct QemuLine {
    enum class Purpose {
        Through, ///< nothing of ours: QEMU runs as it is
        Probe, ///< libvirt asks what this QEMU can do
        Launch, ///< a protected guest
    } purpose = Purpose::Through;
    std::vector<std::string> words; ///< without the program
    bool paused = false; ///< -S
    bool timestamps = false; ///< -msg timestamp=on
    bool daemonize = false;
    bool smm = false; ///< asked for
    std::string pidFile;
    std::vector<MonitorPlace> monitors;
    bool silentMonitors = false; ///< QMP is spoken on something that can't be listened in on
    bool serialBus = false; ///< there is a virtio-serial controller
    bool incoming = false;

    // A launch.
    std::optional<SevObject> sev;
    LaunchParameters parameters; ///< firmware, kernel, processors: as sev_machine derives them
    std::optional<std::size_t> firmwareAt; ///< the word that names the firmware's file
    std::string firmwareKey; ///< within it; empty: all of it
    bool flash = false;
    std::optional<std::size_t> kernelAt, initrdAt, appendAt; ///< values; the machine's own properties are not looked at
    std::optional<std::size_t> memoryAt; ///< the value of the memory's -object
    std::string memoryId;
    std::uint64_t memorySize = 0;

    [[nodiscard]] static OrRefusal<QemuLine> read(std::vector<std::string> words);
};

/// "256M", "262144k", "268435456": bytes; `unit` for a bare number.
[[nodiscard]] std::optional<std::uint64_t> qemuSize(std::string_view text, std::uint64_t unit = 1);

} // namespace kastellan::sev
