// SPDX-License-Identifier: Apache-2.0
#include "status_file.h"

#include "core/base/file.h"

#include <chrono>

namespace kastellan::loader {

StatusFile::StatusFile(std::filesystem::path file, KeepStatus status)
    : m_file(std::move(file))
    , m_status(std::move(status))
{
}

Status StatusFile::enter(KeepState state, std::string reason)
{
    if (m_status.state != state && !mayFollow(m_status.state, state))
        return fail(ErrorKind::Internal, "change the keep's state", toHex(m_status.plan.id.view()),
            "a keep that is " + std::string(name(m_status.state)) + " cannot become " + std::string(name(state)));
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    if (m_status.state != state || m_status.timeline.empty()) {
        m_status.state = state;
        m_status.since = now / 1000;
        m_status.timeline.emplace_back(state, now);
    }
    m_status.reason = std::move(reason);
    return save();
}

Status StatusFile::save() const
{
    const std::string json = toJson(m_status);
    return writeFileAtomically(m_file, asBytes(json));
}

} // namespace kastellan::loader
