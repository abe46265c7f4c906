// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <span>
#include <string_view>

namespace kastellan::sev::legacy {

/// One field of a VMSA (AMD64 APM volume 2, table B-2; sev-formats 2.15), by the name that sevctl gives it.
struct VmsaField {
    enum class Kind { Segment, Number, Reserved };
    std::string_view name;
    std::size_t offset;
    std::size_t size; ///< bytes: a segment has 16, a number 1 to 8, a reserved stretch any
    Kind kind;
    bool set = false; ///< a VMM sets it at launch
};
/// The fields that sevctl shows, in its order.
[[nodiscard]] std::span<const VmsaField> vmsaFields();
/// Further ones that decide a launch digest: features, TSC and x87 state.
[[nodiscard]] std::span<const VmsaField> moreVmsaFields();
/// Puts what a VMM sets into an existing page; the rest stays.
void updateVmsa(std::span<std::uint8_t> page, ByteView built);

} // namespace kastellan::sev::legacy
