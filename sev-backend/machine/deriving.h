// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/machine/launch_parameters.h"

namespace kastellan::sev {

/// What those share that derive a launch from a machine's description: they note what they take, and what is wrong.
class Deriving {
protected:
    Deriving() = default;
    void take(std::string what, std::string value, std::string from)
    {
        m_derived.taken.push_back({std::move(what), std::move(value), std::move(from)});
    }
    void problem(Problem::Weight weight, std::string where, std::string why, std::string remedy)
    {
        m_derived.problems.push_back({weight, std::move(where), std::move(why), std::move(remedy)});
    }
    DerivedLaunch m_derived;
};

} // namespace kastellan::sev
