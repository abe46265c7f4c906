// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <string>
#include <string_view>
#include <vector>

/// Small WebAssembly modules, byte by byte, for tests.
namespace wasm {

using kastellan::Bytes;
using kastellan::ByteView;

inline Bytes leb(std::uint64_t value)
{
    Bytes bytes;
    do {
        bytes.push_back(static_cast<std::uint8_t>((value & 0x7f) | (value > 0x7f ? 0x80 : 0)));
        value >>= 7;
    } while (value);
    return bytes;
}
inline Bytes operator+(Bytes a, const Bytes &b)
{
    a.insert(a.end(), b.begin(), b.end());
    return a;
}
inline Bytes name(std::string_view text)
{
    return leb(text.size()) + kastellan::toBytes(text);
}
inline Bytes section(std::uint8_t id, const Bytes &content)
{
    return Bytes{id} + leb(content.size()) + content;
}
inline Bytes custom(std::string_view title, const Bytes &content = {})
{
    return section(0, name(title) + content);
}
inline Bytes header()
{
    return {0, 'a', 's', 'm', 1, 0, 0, 0};
}

/// Types: 0 is ()->(), 1 is (i32)->().
inline Bytes types()
{
    return section(1, {2, 0x60, 0, 0, 0x60, 1, 0x7f, 0});
}
inline Bytes import(std::string_view module, std::string_view what)
{
    return section(2, Bytes{1} + name(module) + name(what) + Bytes{0, 1});
}
/// One function of a type, and its empty body.
inline Bytes functions(std::uint8_t type = 0)
{
    return section(3, {1, type});
}
inline Bytes code()
{
    return section(10, {1, 2, 0, 0x0b});
}
inline Bytes exported(std::string_view what, std::uint8_t kind, std::uint8_t index)
{
    return section(7, Bytes{1} + name(what) + Bytes{kind, index});
}

/// The smallest module that a keep runs.
inline Bytes minimal()
{
    return header() + types() + functions() + exported("_start", 0, 0) + code();
}
/// One with an import and custom sections.
inline Bytes larger()
{
    return header() + custom("producers", {1, 2, 3}) + types() + import("wasi_snapshot_preview1", "proc_exit") + functions()
        + section(5, {1, 1, 1, 2}) + exported("_start", 0, 1) + code() + custom("name", {4, 5});
}

} // namespace wasm
