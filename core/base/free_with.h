// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace kastellan {

/// For std::unique_ptr: frees an object of a C library with the function that belongs to it.
template <auto Function>
struct FreeWith {
    template <typename T>
    void operator()(T *object) const
    {
        Function(object);
    }
};

} // namespace kastellan
