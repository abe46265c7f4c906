// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "sev-backend/abi/product.h"

#include <optional>
#include <string_view>
#include <vector>

namespace kastellan::sev {

/// The eight bytes of a TCB version as they stand in a report; what they mean depends on the product.
using TcbBytes = FixedBytes<struct TcbBytesTag, 8>;

/// The named parts of a TCB version, in the order in which they are shown.
enum class TcbPart : std::uint8_t { Fmc, Bootloader, Tee, Snp, Microcode };
/// "fmc", "bl", "tee", "snp", "ucode": the names of reference values and of the certificate's extensions.
[[nodiscard]] std::string_view name(TcbPart part);
/// For people: "boot loader", …
[[nodiscard]] std::string_view title(TcbPart part);
[[nodiscard]] std::optional<TcbPart> tcbPartFromName(std::string_view name);

/// A TCB version: security patch levels of the parts of the firmware (SEV-SNP firmware ABI, TCB_VERSION).
class TcbVersion {
public:
    TcbVersion() = default;
    TcbVersion(TcbBytes bytes, TcbLayout layout)
        : m_bytes(bytes)
        , m_layout(layout)
    {
    }
    /// All parts zero.
    explicit TcbVersion(TcbLayout layout)
        : m_layout(layout)
    {
    }
    /// The parts that this layout has.
    [[nodiscard]] static std::vector<TcbPart> parts(TcbLayout layout);
    /// A part's level, or nothing where the layout lacks it (FMC before Turin).
    [[nodiscard]] std::optional<std::uint8_t> part(TcbPart part) const;
    /// Sets a part; false where the layout lacks it.
    bool set(TcbPart part, std::uint8_t level);
    [[nodiscard]] const TcbBytes &bytes() const { return m_bytes; }
    [[nodiscard]] TcbLayout layout() const { return m_layout; }
    /// Whether the bytes that no part uses are zero.
    [[nodiscard]] bool reservedClear() const;
    /// No part is lower than the other's.
    [[nodiscard]] bool atLeast(const TcbVersion &other) const;
    /// "bl 3, tee 0, snp 8, ucode 115".
    [[nodiscard]] std::string text() const;
    bool operator==(const TcbVersion &) const = default;

private:
    TcbBytes m_bytes;
    TcbLayout m_layout = TcbLayout::Milan;
};

} // namespace kastellan::sev
