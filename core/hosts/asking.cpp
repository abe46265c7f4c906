// SPDX-License-Identifier: Apache-2.0
#include "core/hosts/asking.h"

#include <utility>

namespace kastellan {
namespace {
thread_local std::stop_token now;
}

Asking::Asking(std::stop_token stop)
    : m_before(std::exchange(now, std::move(stop)))
{
}

Asking::~Asking()
{
    now = std::move(m_before);
}

std::stop_token Asking::current()
{
    return now;
}

} // namespace kastellan
