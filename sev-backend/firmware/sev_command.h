// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace kastellan::sev {

/// The platform commands of /dev/sev (linux/psp-sev.h; sev-formats 2.16). GET_ID is deprecated and not used.
enum class SevCommand : std::uint32_t {
    FactoryReset = 0,
    PlatformStatus = 1,
    PekGen = 2,
    PekCsr = 3,
    PdhGen = 4,
    PdhCertExport = 5,
    PekCertImport = 6,
    GetId2 = 8,
    SnpPlatformStatus = 9,
    SnpCommit = 10,
    SnpSetConfig = 11,
    SnpVlekLoad = 12,
};

/// Whether the driver wants a descriptor that is open for writing (drivers/crypto/ccp/sev-dev.c).
enum class WriteNeed : std::uint8_t {
    Never,
    Always,
    BeforeInit, ///< only while the platform is uninitialised: the driver has to initialise it first
};

/// A pointer in a command's structure to a buffer of the caller.
struct SevPointer {
    static constexpr std::size_t noLength = static_cast<std::size_t>(-1);
    std::size_t address = 0; ///< offset of the u64
    std::size_t length = noLength; ///< offset of the u32 with the buffer's size, which the driver may change
    std::size_t fixed = 0; ///< the size where there is no such field
    bool input = false; ///< the firmware reads it; else it writes it
};

/// How the structure of a command is laid out.
struct CommandLayout {
    SevCommand command;
    std::string_view name; ///< "PEK_CERT_IMPORT"
    std::string_view word; ///< "pek-cert-import"
    std::string_view action; ///< what it does, as an infinitive: "import the signed PEK"
    std::size_t size; ///< of the structure; 0: it takes none
    bool output; ///< the driver writes into the structure
    WriteNeed write;
    std::array<SevPointer, 2> pointerRows;
    std::size_t pointerCount;

    [[nodiscard]] std::span<const SevPointer> pointers() const { return std::span(pointerRows).first(pointerCount); }
};
[[nodiscard]] std::span<const CommandLayout> commandLayouts();
[[nodiscard]] const CommandLayout &layoutOf(SevCommand command);
/// By its word; null when there is none.
[[nodiscard]] const CommandLayout *findCommand(std::string_view word);

/// The longest buffer that the driver takes (SEV_FW_BLOB_MAX_SIZE).
inline constexpr std::size_t sevBufferLimit = 0x4000;

/// A command on its way: the structure of linux/psp-sev.h, and the buffers that its pointers lead to, in their order. A device fills in
/// addresses and lengths itself.
struct SevCall {
    SevCommand command = SevCommand::PlatformStatus;
    Bytes structure;
    std::vector<Bytes> buffers; ///< those that the firmware writes have the size that is offered

    /// With an empty structure, or the given one. Sizes have to fit the layout.
    [[nodiscard]] static SevCall of(SevCommand command, std::vector<Bytes> buffers = {}, Bytes structure = {});
    /// Why it does not fit its layout: number and size of buffers, size of the structure; nothing when it does.
    [[nodiscard]] std::optional<std::string> misfit() const;
    /// Writes addresses and sizes of the buffers into the structure. Only when it fits.
    void bind();
    /// Takes the addresses out again: they mean nothing to others.
    void clearAddresses();
    /// How long the driver says that a buffer is, or has to be.
    [[nodiscard]] std::size_t statedLength(std::size_t buffer) const;
};

} // namespace kastellan::sev
