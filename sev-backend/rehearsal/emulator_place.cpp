// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/rehearsal/emulator_place.h"

#include "core/base/digest.h"
#include "core/base/fd.h"
#include "core/base/file.h"
#include "sev-backend/rehearsal/settings.h"

#include <cerrno>
#include <memory>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kastellan::sev {
namespace fs = std::filesystem;
namespace {

constexpr const char *what = "prepare a rehearsal";
constexpr const char *linkName = "qemu-system-x86_64";
constexpr mode_t readable = 0755;

/// A place with everything decided.
struct Decided {
    fs::path folder, program, qemu;
    RehearsalSettings settings;
    uid_t uid = 0; ///< of the daemon's QEMU
    gid_t gid = 0;
    bool system = false;
};

bool executable(const fs::path &path)
{
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & S_IXUSR);
}

Result<fs::path> firstOf(const std::vector<fs::path> &candidates, std::string why, std::string remedy)
{
    for (const fs::path &path : candidates)
        if (executable(path))
            return path;
    return environment(what, candidates.empty() ? "" : candidates.front().string(), std::move(why), std::move(remedy));
}

/// What tells one version of a program from the next.
std::string stamp(const fs::path &path)
{
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0)
        return {};
    return path.string() + ":" + std::to_string(status.st_size) + ":" + std::to_string(status.st_mtim.tv_sec) + "."
        + std::to_string(status.st_mtim.tv_nsec) + ":" + std::to_string(status.st_ino);
}

fs::path whole(const fs::path &path)
{
    std::error_code failed;
    const fs::path absolute = fs::absolute(path, failed);
    return failed ? path : absolute.lexically_normal();
}

Result<Decided> decide(const RehearsalPlace &place)
{
    Decided decided;
    decided.system = place.daemon == RehearsalDaemon::System;
    KASTELLAN_ASSIGN(decided.program,
        firstOf(place.program.empty() ? std::vector<fs::path>{programFolder() / "keep-qemu", programFolder() / "../keep-qemu",
                                            programFolder() / "../libexec/keep-qemu", "/usr/libexec/keep-qemu"}
                                      : std::vector<fs::path>{place.program},
            "there is no keep-qemu, the stand-in for QEMU", "Install it beside this program."));
    decided.program = whole(decided.program);
    KASTELLAN_ASSIGN(decided.qemu,
        firstOf(place.qemu.empty() ? std::vector<fs::path>{"/usr/bin/qemu-system-x86_64", "/usr/local/bin/qemu-system-x86_64",
                                         "/usr/libexec/qemu-system-x86_64", "/usr/libexec/qemu-kvm"}
                                   : std::vector<fs::path>{place.qemu},
            "there is no QEMU for x86-64", "Install qemu-system-x86."));
    decided.qemu = whole(decided.qemu);
    if (decided.system) {
        const struct passwd *const user = ::getpwnam(place.user.c_str());
        if (!user)
            return environment(what, place.user, "there is no such user, and libvirt's system daemon runs QEMU as it",
                "Install libvirt-daemon-system, or name the user of its qemu.conf.");
        if (::geteuid() != 0)
            return environment(
                what, place.user, "only root can prepare a rehearsal for libvirt's system daemon", "Use qemu:///session, or become root.");
        decided.uid = user->pw_uid;
        decided.gid = user->pw_gid;
    }
    decided.folder = whole(!place.folder.empty() ? place.folder
            : decided.system                     ? fs::path("/var/lib/kastellan/rehearsal")
                                                 : dataFolder() / "rehearsal");
    RehearsalSettings &settings = decided.settings;
    KASTELLAN_ASSIGN(
        const Profile *const profile, place.profile.empty() ? Result<const Profile *>(&defaultProfile()) : findProfile(place.profile));
    settings.profile = profile->id;
    settings.qemu = decided.qemu;
    settings.seed = place.seed;
    settings.emulated = whole(!place.emulated.empty() ? place.emulated : (decided.system ? decided.folder : dataFolder()) / "emulated");
    if (!place.log.empty())
        settings.log = whole(place.log);
    KASTELLAN_ASSIGN(auto faults, divideFaults(place.faults));
    settings.hostFaults = std::move(faults.first);
    settings.faults = std::move(faults.second);
    return decided;
}

Result<std::unique_ptr<Processor>> openProcessor(
    const RehearsalSettings &settings, const EmulatorProgress &progress, const std::stop_token &stop)
{
    KASTELLAN_ASSIGN(const Profile *const profile, findProfile(settings.profile));
    ProcessorOptions options;
    options.profile = profile;
    options.seed = settings.seed;
    return Processor::open(settings.emulated, progress, stop, options);
}

/// A copy, where the daemon's user may have no way to the original.
Status putProgram(const Decided &decided, const fs::path &link)
{
    std::error_code failed;
    if (!decided.system) {
        if (fs::is_symlink(link, failed) && fs::read_symlink(link, failed) == decided.program)
            return {};
        const fs::path beside = link.string() + "." + std::to_string(::getpid());
        fs::remove(beside, failed);
        fs::create_symlink(decided.program, beside, failed);
        if (!failed)
            fs::rename(beside, link, failed);
        if (failed)
            return systemError(what, link.string(), failed.value());
        return {};
    }
    if (executable(link))
        return {};
    KASTELLAN_ASSIGN(const Bytes program, readFile(decided.program, std::uint64_t{256} << 20));
    return writeFileAtomically(link, program, readable);
}

/// Gives what lies in a folder to another user. That user may already own some of it and change it meanwhile: no link is followed, and
/// nothing that has a second name.
bool giveBelow(const Fd &folder, uid_t uid, gid_t gid)
{
    std::unique_ptr<DIR, int (*)(DIR *)> entries(::fdopendir(::fcntl(folder.get(), F_DUPFD_CLOEXEC, 0)), ::closedir);
    if (!entries)
        return false;
    while (const dirent *entry = ::readdir(entries.get())) {
        const std::string_view name = entry->d_name;
        struct stat status{};
        if (name == "." || name == ".." || ::fstatat(folder.get(), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (S_ISREG(status.st_mode) && status.st_nlink == 1) {
            const Fd file(::openat(folder.get(), entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
            struct stat opened{};
            if (!file || ::fstat(file.get(), &opened) != 0 || !S_ISREG(opened.st_mode) || opened.st_nlink != 1)
                continue;
            if (::fchown(file.get(), uid, gid) != 0)
                return false;
        } else if (S_ISDIR(status.st_mode)) {
            const Fd below(::openat(folder.get(), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
            if (below && (::fchown(below.get(), uid, gid) != 0 || !giveBelow(below, uid, gid)))
                return false;
        }
    }
    return true;
}

/// What QEMU's user needs of the emulated processor: all of it, since its state changes with every guest.
Status handOver(const Decided &decided)
{
    const Fd folder(::open(decided.settings.emulated.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder || ::fchown(folder.get(), decided.uid, decided.gid) != 0 || !giveBelow(folder, decided.uid, decided.gid))
        return systemError(what, decided.settings.emulated.string(), errno);
    // Every folder above has to let that user pass.
    for (fs::path above : {decided.folder, decided.settings.emulated.parent_path()})
        for (; above.has_relative_path(); above = above.parent_path()) {
            struct stat status{};
            if (::stat(above.c_str(), &status) != 0 || !(status.st_mode & S_IXOTH))
                return environment(what, above.string(), "the user that libvirt's system daemon runs QEMU as can't pass this folder",
                    "Choose a folder below /var/lib, or make this one passable: chmod o+x.");
        }
    return {};
}

} // namespace

Status checkRehearsal(const RehearsalPlace &place)
{
    KASTELLAN_TRY(decide(place));
    return {};
}

Result<std::unique_ptr<Processor>> openRehearsalProcessor(
    const RehearsalPlace &place, const EmulatorProgress &progress, const std::stop_token &stop)
{
    KASTELLAN_ASSIGN(const Decided decided, decide(place));
    return openProcessor(decided.settings, progress, stop);
}

Result<fs::path> makeRehearsalEmulator(const RehearsalPlace &place, const EmulatorProgress &progress, const std::stop_token &stop)
{
    KASTELLAN_ASSIGN(Decided decided, decide(place));
    const mode_t mode = decided.system ? readable : 0700;
    KASTELLAN_TRY(makeFolder(decided.folder, mode));
    KASTELLAN_ASSIGN(const auto processor, openProcessor(decided.settings, progress, stop));
    // The certificates that libvirt remembers among the abilities of this QEMU.
    Bytes certificates;
    if (const auto exported = processor->legacy().pdhCertExport(SIZE_MAX, SIZE_MAX)) {
        certificates = exported->pdh;
        certificates.insert(certificates.end(), exported->chain.begin(), exported->chain.end());
    }
    const Bytes before = decided.settings.encode();
    const std::string programs = stamp(decided.program) + "\n" + stamp(decided.qemu);
    decided.settings.made = toHex(sha256({before, asBytes(programs), asBytes(processor->rootFingerprint()), certificates}).view().first(8));
    const fs::path folder = decided.folder / decided.settings.made;
    KASTELLAN_TRY(makeFolder(folder, mode));
    KASTELLAN_TRY(writeFileAtomically(folder / rehearsalFile, decided.settings.encode(), decided.system ? 0644 : 0600));
    KASTELLAN_TRY(putProgram(decided, folder / linkName));
    if (decided.system)
        KASTELLAN_TRY(handOver(decided));
    return folder / linkName;
}

} // namespace kastellan::sev
