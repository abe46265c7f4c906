// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"
#include "core/keeps/keep_client.h"
#include "core/keeps/launcher.h"
#include "core/keeps/leftovers.h"
#include "core/keeps/loader_process.h"
#include "core/keeps/loader_protocol.h"
#include "core/keeps/pending_keys.h"
#include "core/keys/keys.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdio>

namespace kastellan::keeps {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t statusLimit = 16 << 20;
constexpr auto clearingTime = std::chrono::seconds(15); ///< that a person waits for the host of a keep that is to be removed
constexpr std::int64_t planningTime = 60; ///< seconds that a loader has to write its first status

std::int64_t now()
{
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

fs::path keepsFolder()
{
    return dataFolder() / "keeps";
}

Result<std::string> ownerKeyOf(const LaunchPlan &plan)
{
    if (std::string pem = pending_keys::take(plan.id); !pem.empty())
        return pem;
    KASTELLAN_ASSIGN(const auto known, keys::list());
    const auto found = std::ranges::find(known, plan.ownerKey, &KeyInfo::fingerprint);
    if (found == known.end() || found->use != "owner")
        return badInput("launch the keep", plan.name, "the owner key that its plan names is not here: " + plan.ownerKey,
            "Plan the launch again on this machine, or bring the key.");
    return keys::privatePem(found->name);
}

/// What nobody wrote down any more because everything died at once.
void completeStatus(KeepStatus &status)
{
    status.loaderAlive = loader::isAlive(status.loaderPid, status.loaderStart);
    // Whether a virtual machine still runs, its host alone knows: it counts as alive until a loader has looked.
    const bool elsewhere = status.plan.machine && status.wardenPid == 0 && status.state >= KeepState::Starting && !isFinal(status.state);
    status.wardenAlive = elsewhere || loader::isAlive(status.wardenPid, status.wardenStart);
    if (isFinal(status.state) || status.loaderAlive)
        return;
    if (status.state == KeepState::Planned && status.plan.created + planningTime > now())
        return;
    if (!status.wardenAlive) {
        status.state = KeepState::Failed;
        status.reason = "its loader and its warden ended without a word (killed, or the machine was restarted)";
    } else if (status.state == KeepState::Running) {
        status.state = KeepState::Suspect;
        status.reason = "its loader died; the keep holds its output back until a new one has appraised it (keepctl keep recover)";
    }
}

/// The process of a keep whose loader died before it could write it into its state.
void findWarden(const fs::path &folder, KeepStatus &status)
{
    const auto content = status.wardenPid == 0 && !isFinal(status.state) ? readFile(folder / wardenFile, 64) : Bytes{};
    if (content && !content->empty()) {
        const std::string text(asText(*content));
        std::sscanf(text.c_str(), "%" SCNd64 " %" SCNu64, &status.wardenPid, &status.wardenStart);
    }
}

Result<KeepStatus> read(const fs::path &folder)
{
    KASTELLAN_ASSIGN(const Bytes content, readFile(folder / "state.json", statusLimit));
    auto status = statusFromJson(asText(content));
    if (!status) {
        Error error = status.error();
        error.where = (folder / "state.json").string() + ", " + error.where;
        return std::unexpected(error);
    }
    findWarden(folder, *status);
    completeStatus(*status);
    return status;
}

/// What only a living keep needs, and what its loader removes when it comes to that.
void clearAway(const KeepId &id)
{
    std::error_code code;
    const fs::path socket = loader::socketPath(id);
    for (const fs::path &path : {folder(id) / "owner.pem", folder(id) / "guest.ctx", folder(id) / "session.key",
             folder(id) / "warden.sha256", folder(id) / wardenFile, socket, fs::path(socket).replace_extension(".warden")})
        fs::remove(path, code);
}

Status discard(const fs::path &folder)
{
    std::error_code code;
    fs::remove_all(folder, code);
    if (code)
        return environment("remove the keep's folder", folder.string(), code.message(), "Remove it by hand.");
    return {};
}

/// What a launch that was killed while it prepared left behind.
void sweepUnfinished()
{
    std::error_code code;
    const auto old = fs::file_time_type::clock::now() - std::chrono::seconds(planningTime);
    for (const auto &entry : fs::directory_iterator(keepsFolder(), code)) {
        const auto written = entry.last_write_time(code);
        if (!code && written < old && entry.path().filename().string().starts_with('.'))
            (void)discard(entry.path());
    }
}

} // namespace

fs::path folder(const KeepId &id)
{
    return keepsFolder() / toHex(id.view());
}

fs::path logPath(const KeepId &id)
{
    return folder(id) / "log";
}

Result<std::unique_ptr<KeepClient>> launch(const LaunchPlan &plan, std::vector<Secret> secrets)
{
    sweepUnfinished();
    KASTELLAN_ASSIGN(std::string ownerKey, ownerKeyOf(plan));
    const fs::path place = folder(plan.id);
    if (fs::exists(place)) {
        OPENSSL_cleanse(ownerKey.data(), ownerKey.size());
        return badInput("launch the keep", plan.name, "this plan was launched before", "Make a new plan.");
    }
    // Made under a name that no list shows, so that nobody ever finds half a keep.
    const fs::path made = keepsFolder() / ("." + place.filename().string());
    const auto prepare = [&]() -> Status {
        KASTELLAN_TRY(makeFolder(made));
        KASTELLAN_TRY(writeFileAtomically(made / "owner.pem", asBytes(ownerKey)));
        KASTELLAN_TRY(writeFileAtomically(made / "plan.json", asBytes(toJson(plan))));
        KeepStatus status;
        status.plan = plan;
        status.since = now();
        status.timeline.emplace_back(KeepState::Planned, plan.created * 1000);
        KASTELLAN_TRY(writeFileAtomically(made / "state.json", asBytes(toJson(status))));
        std::error_code code;
        fs::rename(made, place, code);
        if (code)
            return environment("make the keep's folder", place.string(), code.message());
        return {};
    };
    auto prepared = prepare();
    OPENSSL_cleanse(ownerKey.data(), ownerKey.size());
    if (prepared)
        prepared = loader::spawn(plan.id, loader::Purpose::Launch, secrets);
    if (!prepared) {
        (void)discard(made); // nothing was started, so nothing is worth keeping
        (void)discard(place);
        return std::unexpected(prepared.error());
    }
    return KeepClient::connect(plan.id);
}

std::vector<KeepStatus> list(std::vector<Error> *problems)
{
    std::vector<KeepStatus> all;
    std::error_code code;
    for (const auto &entry : fs::directory_iterator(keepsFolder(), code)) {
        if (entry.path().filename().string().starts_with('.'))
            continue;
        auto status = read(entry.path());
        if (status)
            all.push_back(std::move(*status));
        else if (problems)
            problems->push_back(status.error());
    }
    std::ranges::sort(all, [](const KeepStatus &a, const KeepStatus &b) {
        return std::pair(b.plan.created, b.plan.id) < std::pair(a.plan.created, a.plan.id);
    });
    return all;
}

Result<KeepStatus> status(const KeepId &id)
{
    if (!fs::exists(folder(id)))
        return badInput("find the keep", toHex(id.view()), "there is none with this id", "See `keepctl keep list`.");
    return read(folder(id));
}

Result<KeepStatus> find(std::string_view idOrName)
{
    const auto all = list();
    std::vector<const KeepStatus *> matches;
    const bool hex = idOrName.size() >= 4 && idOrName.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    for (const auto &keep : all)
        if (hex && toHex(keep.plan.id.view()).starts_with(idOrName))
            matches.push_back(&keep);
    if (matches.empty()) {
        for (const auto &keep : all)
            if (keep.plan.name == idOrName)
                matches.push_back(&keep);
        // Of several with one name the only one that lives is meant; of ended ones the newest.
        std::vector<const KeepStatus *> live;
        std::ranges::copy_if(matches, std::back_inserter(live), [](const KeepStatus *keep) { return !isFinal(keep->state); });
        if (!live.empty())
            matches = std::move(live);
        else if (matches.size() > 1)
            matches.resize(1);
    }
    if (matches.empty())
        return badInput("find the keep", "'" + std::string(idOrName) + "'", "no keep has this id or name", "See `keepctl keep list`.");
    if (matches.size() > 1) {
        std::string ids;
        for (const auto *keep : matches)
            ids += (ids.empty() ? "" : ", ") + toHex(keep->plan.id.view()).substr(0, 12);
        return badInput("find the keep", "'" + std::string(idOrName) + "'", "several keeps match: " + ids, "Give more digits of the id.");
    }
    return *matches.front();
}

Status recover(const KeepId &id)
{
    KASTELLAN_ASSIGN(KeepStatus found, status(id));
    if (found.loaderAlive)
        return {};
    if (hasLeftovers(found, folder(id)))
        return clearLeftovers(id);
    if (found.wardenAlive)
        return loader::spawn(id, loader::Purpose::Resume, {});
    if (found.state == KeepState::Failed) {
        // Written down only when no loader is just starting: it holds this lock.
        KASTELLAN_ASSIGN(const Fd lock, lockFile(folder(id) / "lock"));
        KASTELLAN_ASSIGN(found, status(id));
        if (found.state == KeepState::Failed && (found.timeline.empty() || found.timeline.back().first != KeepState::Failed)) {
            found.timeline.emplace_back(KeepState::Failed, now() * 1000);
            found.since = now();
            KASTELLAN_TRY(writeFileAtomically(folder(id) / "state.json", asBytes(toJson(found))));
            clearAway(id);
        }
    }
    return {};
}

Status remove(const KeepId &id)
{
    KASTELLAN_ASSIGN(const KeepStatus found, status(id));
    if (!isFinal(found.state) || found.wardenAlive)
        return fail(ErrorKind::Negative, "remove the keep", found.plan.name, "it is " + std::string(name(found.state)), "Stop it first.");
    if (hasLeftovers(found, folder(id))) {
        KASTELLAN_TRY(clearLeftovers(id));
        waitForClearing(id, clearingTime);
        KASTELLAN_ASSIGN(const KeepStatus now, status(id));
        if (hasLeftovers(now, folder(id))) // its folder is all that still knows what is left
            return fail(ErrorKind::Negative, "remove the keep", found.plan.name, "it has left something on its host: " + leftWords(now),
                "Make the host answer, then remove the keep again.");
    }
    return discard(folder(id));
}

} // namespace kastellan::keeps
