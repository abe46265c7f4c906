// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/firmware/platform_model.h"

#include "core/base/file.h"
#include "core/base/text.h"

#include <charconv>
#include <optional>

namespace kastellan::sev {
namespace {

constexpr std::uint64_t cpuinfoLimit = 16u << 20;

/// The value of the first line "name : value".
std::string_view field(std::string_view cpuinfo, std::string_view name)
{
    while (!cpuinfo.empty()) {
        const auto end = cpuinfo.find('\n');
        const std::string_view line = cpuinfo.substr(0, end);
        cpuinfo.remove_prefix(end == std::string_view::npos ? cpuinfo.size() : end + 1);
        if (const auto colon = line.find(':'); colon != std::string_view::npos && trimmed(line.substr(0, colon)) == name)
            return trimmed(line.substr(colon + 1));
    }
    return {};
}

std::optional<unsigned> numberOf(std::string_view text)
{
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

} // namespace

PlatformModel modelOf(Product product)
{
    return {product, product == Product::Unknown ? std::string() : std::string(name(product))};
}

PlatformModel modelFromCpuinfo(std::string_view cpuinfo)
{
    if (field(cpuinfo, "vendor_id") != "AuthenticAMD")
        return {};
    const auto family = numberOf(field(cpuinfo, "cpu family")), model = numberOf(field(cpuinfo, "model"));
    if (!family || !model)
        return {};
    if (*family == 0x17) // before SEV-SNP
        return {Product::Unknown, *model < 0x30 ? "Naples" : *model < 0x40 ? "Rome" : ""};
    return modelOf(productFromCpuid(*family, *model));
}

PlatformModel modelOfThisComputer(const std::filesystem::path &root)
{
    const auto content = readFile(root.string() + "/proc/cpuinfo", cpuinfoLimit);
    return content ? modelFromCpuinfo(asText(*content)) : PlatformModel{};
}

} // namespace kastellan::sev
