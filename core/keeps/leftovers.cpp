// SPDX-License-Identifier: Apache-2.0
#include "core/keeps/leftovers.h"

#include "core/base/fd.h"
#include "core/base/file.h"
#include "core/keeps/keep_client.h"
#include "core/keeps/loader_process.h"

#include <algorithm>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>

namespace kastellan::keeps {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view notRemoved = "\nNot removed yet: ", removedLater = "\nWhat it had left on its host was removed later.";

/// Whether a loader is at it.
bool isLocked(const fs::path &folder)
{
    const Fd fd(::open((folder / "lock").c_str(), O_RDWR | O_CLOEXEC));
    return fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0;
}

} // namespace

bool hasLeftovers(const KeepStatus &status, const fs::path &folder)
{
    std::error_code code;
    return isFinal(status.state) && std::ranges::any_of(machineNotes, [&](const char *note) { return fs::exists(folder / note, code); });
}

void tellLeft(KeepStatus &status, std::string_view left, const Error &why)
{
    status.reason.resize(std::min(status.reason.size(), status.reason.find(notRemoved)));
    status.reason += std::string(notRemoved) + std::string(left) + ". " + why.message() + (why.message().ends_with('.') ? "" : ".")
        + " It is tried again whenever keeps are looked at.";
}

void tellCleared(KeepStatus &status)
{
    status.reason.resize(std::min(status.reason.size(), status.reason.find(notRemoved)));
    status.reason += removedLater;
}

std::string leftWords(const KeepStatus &status)
{
    const auto at = status.reason.find(notRemoved);
    if (at == std::string::npos)
        return "what the notes in its folder name (" + std::string(machineNotes[0]) + " or " + machineNotes[1] + ")";
    return status.reason.substr(at + notRemoved.size());
}

Status clearLeftovers(const KeepId &id)
{
    KASTELLAN_ASSIGN(const KeepStatus found, status(id));
    if (!hasLeftovers(found, folder(id)) || isLocked(folder(id)))
        return {};
    return loader::spawn(id, loader::Purpose::Clear, {});
}

void waitForClearing(const KeepId &id, std::chrono::milliseconds patience)
{
    const auto until = std::chrono::steady_clock::now() + patience;
    while (isLocked(folder(id)) && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

void clearAllLeftovers()
{
    for (const KeepStatus &keep : list())
        static_cast<void>(clearLeftovers(keep.plan.id)); // its status says what is left, and a next look tries again
}

} // namespace kastellan::keeps
