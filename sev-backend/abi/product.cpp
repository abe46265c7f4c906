// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/abi/product.h"

namespace kastellan::sev {

std::string_view name(Product product)
{
    switch (product) {
    case Product::Milan:
        return "Milan";
    case Product::Genoa:
        return "Genoa";
    case Product::Turin:
        return "Turin";
    case Product::Venice:
        return "Venice";
    case Product::Unknown:
        break;
    }
    return "unknown product";
}

TcbLayout layoutOf(Product product)
{
    return product == Product::Turin || product == Product::Venice ? TcbLayout::Turin : TcbLayout::Milan;
}

std::size_t chipIdSize(Product product)
{
    return layoutOf(product) == TcbLayout::Turin ? 8 : 64;
}

Product productFromCpuid(unsigned family, unsigned model)
{
    const auto within = [model](unsigned first, unsigned last) { return model >= first && model <= last; };
    if (family == 0x19) {
        if (within(0x00, 0x0f))
            return Product::Milan;
        if (within(0x10, 0x1f) || within(0xa0, 0xaf))
            return Product::Genoa;
    }
    if (family == 0x1a) {
        if (within(0x00, 0x11))
            return Product::Turin;
        if (within(0x50, 0x57) || within(0x90, 0x9f) || within(0xa0, 0xaf) || within(0xc0, 0xc7))
            return Product::Venice;
    }
    return Product::Unknown;
}

Product productFromText(std::string_view text)
{
    for (const std::string_view prefix : {"ARK-", "SEV-VLEK-", "SEV-"})
        if (text.starts_with(prefix)) {
            text.remove_prefix(prefix.size());
            break;
        }
    // A stepping may follow, and is sometimes wrong, so it is not read: "Milan-B0".
    text = text.substr(0, text.find('-'));
    for (const auto product : {Product::Milan, Product::Genoa, Product::Turin, Product::Venice})
        if (text == name(product))
            return product;
    if (text == "Siena" || text == "Bergamo")
        return Product::Genoa;
    return Product::Unknown;
}

} // namespace kastellan::sev
