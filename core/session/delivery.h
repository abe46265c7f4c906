// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/workload/workload.h"

#include <string_view>
#include <vector>

namespace kastellan {

inline constexpr std::string_view secretPrefix = "secret:";
/// The blob that carries the key of the secrets' digests. It is sent, never in the manifest and never in a record.
inline constexpr std::string_view secretKeyName = "secret.key";
inline constexpr std::size_t secretKeySize = 32;

/// What both ends hold a delivery to: one module, one configuration, at most one module.aot, secrets with plain names, sizes within limits.
[[nodiscard]] Status checkDeliveryItems(const std::vector<DeliveryItem> &items);

} // namespace kastellan
