// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/abi/product.h"

#include <filesystem>
#include <string>

namespace kastellan::sev {

/// Which processor a platform is part of.
struct PlatformModel {
    Product product = Product::Unknown; ///< of those that know SEV-SNP
    std::string generation; ///< "Naples", "Rome", "Milan", "Genoa", "Turin"; empty when it is none that is known
};
/// From the first processor of a text like /proc/cpuinfo.
[[nodiscard]] PlatformModel modelFromCpuinfo(std::string_view cpuinfo);
/// From /proc/cpuinfo below `root`.
[[nodiscard]] PlatformModel modelOfThisComputer(const std::filesystem::path &root = {});
/// Of a product that is known otherwise.
[[nodiscard]] PlatformModel modelOf(Product product);

} // namespace kastellan::sev
