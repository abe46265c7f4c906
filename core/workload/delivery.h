// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <string>
#include <vector>

namespace kastellan {

/// One line of a delivery: what went into the keep, by digest. Secrets by keyed digest (HMAC with a key made for this delivery) only.
struct DeliveryItem {
    std::string name; ///< as in Delivery: "configuration", "module", "module.aot", "secret:NAME"
    std::uint64_t size = 0;
    Sha256 digest;
    std::string note; ///< for module.aot: compiler version, flags, baseline, of which module digest
    bool operator==(const DeliveryItem &) const = default;
};

/// The most items that one delivery has, and the most bytes of its manifest.
inline constexpr std::size_t manifestItemLimit = 256;
inline constexpr std::size_t manifestLimit = 96 * 1024;

/// The canonical manifest (docs/workloads.md, "The delivery manifest"): one line for each item, ordered by name, whatever the order of
/// `items`: same items, same bytes. Its SHA-256 goes into the second report, and items are sent in its order.
[[nodiscard]] Bytes canonicalManifest(const std::vector<DeliveryItem> &items);
/// The items of a manifest, in its order. Whatever canonicalManifest would not have written (another order, a double, a leading zero, an
/// escape that is not needed) is an Input error that names the line.
[[nodiscard]] Result<std::vector<DeliveryItem>> parseManifest(ByteView manifest);

} // namespace kastellan
