// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/legacy/launch_owner.h"

#include "core/base/codec.h"
#include "core/base/digest.h"

#include <algorithm>

namespace kastellan::sev::legacy {
namespace {

constexpr std::string_view mark{"KSTLLM1\0", 8};
constexpr std::size_t size = 240, sessionSize = 128, policyMacAt = 0x60;

} // namespace

Bytes LaunchRecord::bytes() const
{
    Bytes all = Writer()
                    .raw(measure.bytes())
                    .raw(asBytes(mark))
                    .number(build.apiMajor)
                    .number(build.apiMinor)
                    .number(build.build)
                    .number<std::uint8_t>(0)
                    .number(policy)
                    .raw(tik)
                    .raw(session)
                    .raw(godh.view())
                    .take();
    return all;
}

Result<LaunchRecord> LaunchRecord::parse(ByteView bytes)
{
    constexpr const char *doing = "read a launch measurement";
    if (bytes.size() != size)
        return badInput(doing, {}, "it has " + std::to_string(bytes.size()) + " bytes, and with the owner's part needs 240");
    if (asText(bytes.subspan(48, mark.size())) != mark || bytes[59] != 0)
        return badInput(doing, "offset 48", "the mark of the form is not there");
    LaunchRecord record;
    KASTELLAN_ASSIGN(record.measure, LaunchMeasure::parse(bytes.first(48), "the launch measurement"));
    record.build = {bytes[56], bytes[57], bytes[58]};
    record.policy = loadLe<std::uint32_t>(bytes, 60);
    std::ranges::copy(bytes.subspan(64, 16), record.tik.begin());
    record.session = toBytes(bytes.subspan(80, sessionSize));
    std::ranges::copy(bytes.subspan(208, 32), record.godh.bytes.begin());
    return record;
}

bool LaunchRecord::measures(const Sha256 &digest) const
{
    return equalConstantTime(launchMeasurement(tik, build, policy, digest, measure.nonce).view(), measure.measure.view());
}

bool LaunchRecord::sessionFits() const
{
    const Bytes policyBytes = Writer().number(policy).take();
    return session.size() == sessionSize
        && equalConstantTime(hmacSha256(tik, {policyBytes}).view(), ByteView(session).subspan(policyMacAt, Sha256::size));
}

} // namespace kastellan::sev::legacy
