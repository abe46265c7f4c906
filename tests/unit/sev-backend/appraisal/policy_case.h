// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "appraised.h"
#include "tests/support/evidence_maker.h"

#include <map>

namespace kastellan::test {

inline QString q(const std::string &text)
{
    return QString::fromStdString(text);
}

/// Which checks were seen to pass and to fail, over all tests.
inline std::map<std::string, std::pair<bool, bool>> &seen()
{
    static std::map<std::string, std::pair<bool, bool>> map;
    return map;
}

inline Appraisal appraised(const EvidenceMaker &maker, const std::string &policy = {})
{
    ReferenceValues expected = maker.expected;
    if (!policy.empty())
        expected.policy = "version = 1\n" + policy;
    auto appraisal = test::appraised(maker.evidence, expected);
    for (const auto &finding : appraisal.findings) {
        seen()[finding.id].first |= finding.outcome == Outcome::Pass;
        seen()[finding.id].second |= finding.outcome == Outcome::Fail;
    }
    return appraisal;
}

inline std::string hexOf(unsigned byte, std::size_t size)
{
    return toHex(Bytes(size, static_cast<std::uint8_t>(byte)));
}

inline Bytes filled(unsigned byte, std::size_t size)
{
    return Bytes(size, static_cast<std::uint8_t>(byte));
}

} // namespace kastellan::test
